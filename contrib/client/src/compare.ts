/** Comparing values as the database orders them. All functions return a negative number, zero, or a positive one. */

export type Collate = (a: string, b: string) => number

/** The database's collation is not known: the first of these that agrees with an answer's order is taken. */
export function collations(): Collate[] {
  return [
    (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    new Intl.Collator().compare,
    new Intl.Collator(undefined, { sensitivity: "base" }).compare,
  ]
}

/** Exact, for decimals and for integers beyond 2^53: rounding keeps the order, but for what becomes equal. */
export function compareNumbers(a: string | number, b: string | number): number {
  const difference = Number(a) - Number(b)
  if (difference || String(a) === String(b)) return difference
  const [left, right] = [a, b].map((value) => String(value).split("."))
  const places = Math.max(left![1]?.length ?? 0, right![1]?.length ?? 0)
  const digits = ([whole, rest = ""]: string[]) => BigInt(whole + rest.padEnd(places, "0"))
  try {
    const [first, second] = [digits(left!), digits(right!)]
    return first < second ? -1 : first > second ? 1 : 0
  } catch {
    return 0 // `1E+3`, beside its equal
  }
}

function compareMoments(a: string, b: string): number {
  const fraction = (text: string) => (/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(9, "0")
  return Date.parse(a) - Date.parse(b) || (fraction(a) < fraction(b) ? -1 : fraction(a) > fraction(b) ? 1 : 0)
}

/** Seconds of an ISO 8601 duration of days, hours, minutes and seconds. */
function seconds(text: string): number {
  const [, sign, days, hours, minutes, rest] =
    /^([-+]?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(text) ?? []
  const sum = Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0)
  return sign === "-" ? -sum : sum
}

/** Two values of a field of some kind; neither is null. */
export function compareValues(a: any, b: any, kind: string | undefined, collate: Collate): number {
  const [left, right] = [a?.id ?? a, b?.id ?? b]
  if (kind === "decimal" || kind === "bigint") return compareNumbers(left, right)
  if (kind === "datetime") return compareMoments(left, right)
  if (kind === "duration") return seconds(left) - seconds(right)
  if (typeof left === "string" && typeof right === "string") {
    const isText = kind === undefined || kind === "string"
    return isText ? collate(left, right) : left < right ? -1 : left > right ? 1 : 0
  }
  return Number(left) - Number(right)
}
