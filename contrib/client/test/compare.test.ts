import { describe, expect, it } from "vitest"
import { collations, compareNumbers, compareValues } from "../src/compare.js"
import { matches } from "../src/match.js"
import { orderOf } from "../src/order.js"
import type { StreamInfo } from "../src/index.js"

const info: StreamInfo = {
  fields: { id: "integer", name: "string", size: "decimal", big: "bigint", due: "date", at: "datetime", took: "duration", owner: "object", mood: "later" },
  verbs: [], orders: [], actions: {}, events: [], order: ["name"],
} // prettier-ignore
const [byCode] = collations() as [(a: string, b: string) => number]

/** The ids of rows in an order, which is found from the sorted rows themselves. */
function sorted(order: string | string[], rows: any[], known = rows.slice(0, 1)): any[] {
  const compare = orderOf(known, order, info)
  return compare ? [...rows].sort(compare).map(({ id }) => id) : []
}

describe("order", () => {
  it("compares decimals and large integers exactly", () => {
    const ascending = ["-1000000000000000000000.5", "-2.50", "-2.5", "0", "9", "10.1", "10.10001", "9007199254740992.1", "9007199254740992.2"]
    for (let index = 1; index < ascending.length; index++) {
      const [a, b] = [ascending[index - 1]!, ascending[index]!]
      const expected = a === "-2.50" ? 0 : -1
      expect([Math.sign(compareNumbers(a, b)), Math.sign(compareNumbers(b, a))], `${a} ${b}`).toEqual([expected, -expected || 0])
    }
    expect(compareNumbers(9007199254740991, "9007199254740993")).toBeLessThan(0)
    expect(compareValues("9007199254740993", "9007199254740992", "bigint", byCode)).toBeGreaterThan(0)
  })

  it("compares moments, and related rows by their ids", () => {
    expect(compareValues("2026-01-01T00:00:00Z", "2026-01-01T01:30:00+02:00", "datetime", byCode)).toBeGreaterThan(0)
    expect(compareValues("2026-01-01T00:00:00.123457Z", "2026-01-01T00:00:00.123456Z", "datetime", byCode)).toBeGreaterThan(0)
    expect(compareValues("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "datetime", byCode)).toBeLessThan(0)
    expect(compareValues({ id: 9 }, { id: 10 }, "object", byCode)).toBeLessThan(0)
    expect(compareValues(false, true, "boolean", byCode)).toBeLessThan(0)
    expect(compareValues("b", "a", "later", byCode)).toBeGreaterThan(0)
  })

  it("puts nulls last in both directions, and the id in the direction of the last term", () => {
    const rows = [{ id: 1, due: null }, { id: 2, due: "2026-01-02" }, { id: 3, due: "2026-01-01" }, { id: 4, due: null }]
    expect(sorted("due", rows)).toEqual([3, 2, 1, 4])
    expect(sorted("-due", rows)).toEqual([2, 3, 4, 1])
    expect(sorted(["-due", "id"], rows)).toEqual([2, 3, 1, 4])
  })

  it("takes the collation that the server's answer has", () => {
    const rows = ["a", "B", "c"].map((name, id) => ({ id, name }))
    expect(sorted("name", [...rows, { id: 9, name: "b" }], rows)).toEqual([0, 9, 1, 2])
    const coded = ["B", "a", "c"].map((name, id) => ({ id, name }))
    expect(sorted("name", [...coded, { id: 9, name: "D" }], coded)).toEqual([0, 9, 1, 2])
  })

  it("does not guess where the server orders by something else", () => {
    expect(orderOf([{ id: 1, name: "b" }, { id: 2, name: "a" }], "name", info)).toBeNull()
    expect(orderOf([{ id: 1 }], "hidden", info)).toBeNull()
    expect(orderOf([{ id: 1, owner: { name: "a" } }], "owner__name", info)).not.toBeNull()
    expect(orderOf([{ id: 1, took: "P1DT02H00M00S" }], "took", info)).toBeNull()
    expect(orderOf([], undefined, { ...info, order: undefined })).toBeNull()
    const texts = [{ id: "a2" }, { id: "b1" }]
    expect([...texts].reverse().sort(orderOf(texts, "id", info)!)).toEqual(texts)
  })
})

describe("filters", () => {
  const row = { id: 1, name: "Box", size: "2.50", due: null, at: "2026-01-01T00:00:00Z", owner: { id: 7, name: "Ann" }, tags: [{ id: 1 }, { id: 2 }] }
  it.each([
    [{}, true],
    [{ name: "Box" }, true],
    [{ name: ["Bag", "Box"], size: "2.5" }, true],
    [{ name__in: ["Bag"] }, false],
    [{ due: null }, true],
    [{ due__isnull: false }, false],
    [{ due__gte: "2026-01-01" }, false],
    [{ owner: 7 }, true],
    [{ owner: [7, 8], owner__name: "Ann" }, true],
    [{ owner__in: ["7"] }, true],
    [{ owner: 8 }, false],
    [{ tags: [2, 3] }, true],
    [{ tags: 3 }, false],
    [{ size__gt: 2, size__lte: "2.500" }, true],
    [{ size__lt: 2.5 }, false],
    [{ at__gte: "2025-12-31T23:00:00-01:00" }, true],
    [{ name__icontains: "BO" }, true],
    [{ name__regex: "B" }, undefined],
    [{ elsewhere: 1 }, undefined],
    [{ elsewhere: 1, name: "Bag" }, false],
    [{ or: [{ name: "Bag" }, { owner: 7 }] }, true],
    [{ or: [{ name: "Bag" }, { elsewhere: 1 }] }, undefined],
    [{ or: [{ elsewhere: 1 }, { owner: 7 }] }, true],
    [{ not: { name: "Box" } }, false],
    [{ and: [{ name: "Box" }, { not: { owner: 8 } }] }, true],
  ])("%j", (filters, verdict) => expect(matches(row, filters, info)).toBe(verdict))
})
