import { compareValues, plain } from "./compare.js"
import { valueOf } from "./order.js"
import type { StreamInfo } from "./types.js"

/** Whether a filter holds; undefined where only the server can tell. */
type Verdict = boolean | undefined

const text = (value: any) => String(value).toLowerCase()
const ordered =
  (holds: (difference: number) => boolean) =>
  (value: any, wanted: any, kind: string | undefined): boolean =>
    value !== null && holds(compareValues(value, wanted, kind, plain))

const LOOKUPS: Record<string, (value: any, wanted: any, kind: string | undefined) => boolean> = {
  exact: (value, wanted, kind) => equal(value, wanted, kind),
  in: (value, wanted, kind) => [wanted].flat().some((item) => equal(value, item, kind)),
  isnull: (value, wanted) => (value === null) === wanted,
  gt: ordered((difference) => difference > 0),
  gte: ordered((difference) => difference >= 0),
  lt: ordered((difference) => difference < 0),
  lte: ordered((difference) => difference <= 0),
  icontains: (value, wanted) => value !== null && text(value).includes(text(wanted)),
}

/** `null` is IS NULL, a list is IN; a related object is compared by its id. */
function equal(value: any, wanted: any, kind: string | undefined): boolean {
  if (Array.isArray(wanted)) return wanted.some((item) => equal(value, item, kind))
  const [left, right] = [value?.id ?? value, wanted]
  if (left === null || right === null) return left === right
  return String(left) === String(right) || (kind !== undefined && kind !== "string" && !compareValues(left, right, kind, plain))
}

function one(row: any, key: string, wanted: any, info: StreamInfo): Verdict {
  const parts = key.split("__")
  const last = parts.at(-1)!
  const lookup = parts.length > 1 ? LOOKUPS[last] : undefined
  const name = lookup ? parts.slice(0, -1).join("__") : key
  const value = valueOf(row, name) ?? (name in row ? null : valueOf(row, `${name}_id`))
  if (value === undefined) return undefined
  const kind = info.fields[name]
  const decide = lookup ?? LOOKUPS.exact!
  if (!Array.isArray(value)) return decide(value, wanted, kind)
  // Rows on the other side of a relation to many: one of them is enough.
  return decide === LOOKUPS.exact || decide === LOOKUPS.in ? value.some((item) => decide(item, wanted, kind)) : undefined
}

function all(verdicts: Verdict[]): Verdict {
  return verdicts.includes(false) ? false : verdicts.includes(undefined) ? undefined : true
}

/** Whether a row is one that these filters let through. */
export function matches(row: any, filters: Record<string, any> | undefined, info: StreamInfo): Verdict {
  return all(
    Object.entries(filters ?? {}).map(([key, wanted]) => {
      if (key === "and") return all([wanted].flat().map((item) => matches(row, item, info)))
      if (key === "not") return not(matches(row, wanted, info))
      if (key === "or") return not(all([wanted].flat().map((item) => not(matches(row, item, info)))))
      return one(row, key, wanted, info)
    }),
  )
}

function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict
}
