/** Comparing values as the database orders them. All functions return a negative number, zero, or a positive one. */

export type Collate = (a: string, b: string) => number

export const plain = <V extends string | bigint>(a: V, b: V) => (a < b ? -1 : a > b ? 1 : 0)

/** The database's collation is not known: the first of these that agrees with an answer's order is taken. */
export function collations(): Collate[] {
  return [plain, new Intl.Collator().compare, new Intl.Collator(undefined, { sensitivity: "base" }).compare]
}

/** Exact, for decimals and for integers beyond 2^53: rounding keeps the order, but for what becomes equal. */
export function compareNumbers(a: string | number, b: string | number): number {
  const difference = Number(a) - Number(b)
  if (difference || String(a) === String(b)) return difference
  const [left, right] = [a, b].map((value) => String(value).split("."))
  const places = Math.max(left![1]?.length ?? 0, right![1]?.length ?? 0)
  const digits = ([whole, rest = ""]: string[]) => BigInt(whole + rest.padEnd(places, "0"))
  try {
    return plain(digits(left!), digits(right!))
  } catch {
    return 0 // `1E+3`, beside its equal
  }
}

function compareMoments(a: string, b: string): number {
  const fraction = (text: string) => /\.\d+/.exec(text)?.[0] ?? ""
  return Date.parse(a) - Date.parse(b) || plain(fraction(a), fraction(b))
}

/** Two values of a field of some kind; neither is null. */
export function compareValues(a: any, b: any, kind: string | undefined, collate: Collate): number {
  const [left, right] = [a?.id ?? a, b?.id ?? b]
  if (kind === "decimal" || kind === "bigint") return compareNumbers(left, right)
  if (kind === "datetime") return compareMoments(left, right)
  if (typeof left === "string" && typeof right === "string") {
    return (kind === undefined || kind === "string" ? collate : plain)(left, right)
  }
  return Number(left) - Number(right)
}
