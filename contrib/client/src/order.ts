import { collations, compareValues, type Collate } from "./compare.js"
import type { StreamInfo } from "./types.js"

interface Term {
  name: string
  isDown: boolean
}

export type Compare = (a: any, b: any) => number

/** The terms of an order, the id last, as the server completes them. */
export function termsOf(order: string | readonly string[] | undefined, info: StreamInfo): Term[] {
  const names = [order ?? info.order ?? []].flat() as string[]
  const terms = names.map((name) => ({ name: name.replace(/^-/, ""), isDown: name.startsWith("-") }))
  if (!terms.some(({ name }) => name === "id")) terms.push({ name: "id", isDown: terms.at(-1)?.isDown ?? false })
  return terms
}

/** A field's value, also through nested rows (`team__name`); undefined if the row does not show it. */
export function valueOf(row: any, name: string): any {
  if (name in row) return row[name]
  let value = row
  for (const part of name.split("__")) {
    if (value === null) return null
    value = value[part]
    if (value === undefined) return undefined
  }
  return value
}

function comparing(terms: readonly Term[], info: StreamInfo, collate: Collate): Compare {
  return (a, b) => {
    for (const { name, isDown } of terms) {
      const [left, right] = [valueOf(a, name) ?? null, valueOf(b, name) ?? null]
      // Nulls come last, in either direction.
      if (left === null || right === null) {
        if (left === right) continue
        return left === null ? 1 : -1
      }
      const found = compareValues(left, right, info.fields[name], collate)
      if (found) return isDown ? -found : found
    }
    return 0
  }
}

/** The comparison that the server's own order of `rows` agrees with; null if there is none to be found: then the server has to
 * be asked where a row stands. */
export function orderOf(
  rows: readonly any[],
  order: string | readonly string[] | undefined,
  info: StreamInfo,
): Compare | null {
  const terms = termsOf(order, info)
  // By a field that rows do not show, nothing is to be compared. Whether they do is seen from a row, or from the schema.
  const isShown = ({ name }: Term) =>
    // As text, durations do not come in their order.
    info.fields[name] !== "duration" &&
    (rows.length ? rows.every((row) => valueOf(row, name) !== undefined) : name in info.fields)
  if (!terms.every(isShown) || (order === undefined && !info.order && rows.length < 2)) return null
  for (const collate of collations()) {
    const compare = comparing(terms, info, collate)
    if (rows.every((row, index) => index === 0 || compare(rows[index - 1], row) <= 0)) return compare
  }
  return null
}
