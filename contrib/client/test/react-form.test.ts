import { describe, expect, it, vi } from "vitest"
import { describeFields, sameValue, writtenValue, type FieldDescription } from "../src/react/describe.js"
import { EMPTY, step } from "../src/react/drafts.js"
import { inputProps, valueOf } from "../src/react/inputs.js"

const description = (properties: Record<string, object>, required: string[] = []) =>
  ({ stream: "app.Thing", verbs: [], actions: {}, fields: { properties }, create: { properties, required }, update: { properties } }) as any

const field = (properties: object): FieldDescription => describeFields(description({ f: properties }), true)[0]!

describe("fields of a form", () => {
  it("reads the kind of a field from its schema", () => {
    const kinds: [object, string][] = [
      [{ type: "string", maxLength: 5 }, "text"],
      [{ type: "string" }, "multiline"],
      [{ type: "string", format: "date" }, "date"],
      [{ anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] }, "datetime"],
      [{ anyOf: [{ type: "string", format: "decimal" }, { type: "null" }] }, "decimal"],
      [{ type: "boolean" }, "boolean"],
      [{ anyOf: [{ type: "integer" }, { type: "string", pattern: "^-?\\d+$" }] }, "integer"],
      [{ type: "string", "x-choices": [{ value: "a", label: "A" }] }, "choice"],
      [{ anyOf: [{ type: "integer" }, { type: "null" }], "x-nested": "Team" }, "relation"],
      [{ type: "array", items: { type: "integer" }, "x-nested": "Label" }, "relations"],
      [{ type: "array", items: { type: "integer" } }, "json"],
      [{ type: "object" }, "json"],
      [{}, "json"],
    ]
    expect(kinds.map(([schema]) => field(schema).kind)).toEqual(kinds.map(([, kind]) => kind))
  })

  it("has labels, help, and what this user may write", () => {
    const schema = description({ due_on: { type: "string", title: "due on", description: "Not before." }, id: {} }, ["due_on"])
    expect(describeFields(schema, true)).toMatchObject([
      { name: "due_on", label: "Due on", help: "Not before.", required: true, readOnly: false },
      { name: "id" },
    ])
    schema.update.properties = {}
    expect(describeFields(schema, false)).toMatchObject([{ name: "due_on", required: false, readOnly: true }])
    expect(describeFields({ stream: "app.Job", verbs: [], actions: {} }, true)).toEqual([])
  })

  it("writes ids for rows, and compares them without their order", () => {
    expect(writtenValue("relation", { id: 3, name: "x" })).toBe(3)
    expect(writtenValue("relation", null)).toBe(null)
    expect(writtenValue("relations", [{ id: 3 }, { id: 4 }])).toEqual([3, 4])
    expect(sameValue([3, 4], [4, 3])).toBe(true)
    expect(sameValue([3], [4])).toBe(false)
    expect(sameValue({ a: 1 }, { a: 1 })).toBe(true)
    expect(sameValue(undefined, null)).toBe(false)
  })
})

describe("inputs", () => {
  it("reads back what an input holds, by the field's kind", () => {
    const read = (schema: object, text: string) => valueOf(field(schema), text)
    const choice = { type: "integer", "x-choices": [{ value: 1, label: "One" }] }
    expect(read(choice, "1")).toBe(1)
    expect(read(choice, "")).toBe(undefined)
    expect(read({ anyOf: [{ type: "string", format: "date" }, { type: "null" }] }, "")).toBe(null)
    expect(read({ type: "string", maxLength: 9 }, "")).toBe("")
    expect(read({ type: "integer" }, "12")).toBe(12)
    expect(read({ type: "integer" }, "9007199254740993")).toBe("9007199254740993")
    expect(read({ type: "integer" }, "twelve")).toBe("twelve")
    expect(read({ type: "object" }, '{"a": 1}')).toEqual({ a: 1 })
    expect(read({ type: "object" }, "{")).toBe("{")
  })

  it("binds an input to its field", () => {
    const set = vi.fn()
    const bound = { ...field({ type: "boolean" }), value: true, errors: [{ code: "x", message: "X" }], set }
    const props = inputProps(bound)
    expect(props).toMatchObject({ name: "f", type: "checkbox", checked: true, disabled: false, "aria-invalid": true })
    props.onChange({ target: { value: "on", checked: false } })
    expect(set).toHaveBeenCalledWith(false)
    const many = { ...field({ type: "array", "x-nested": "Label" }), choices: [{ value: 7, label: "vpn" }], value: [7], errors: [], set }
    expect(inputProps(many)).toMatchObject({ multiple: true, value: ["7"] })
    inputProps(many).onChange({ target: { value: "", selectedOptions: [{ value: "7" }, { value: "8" }] } })
    expect(set).toHaveBeenLastCalledWith([7, "8"])
  })
})

describe("drafts", () => {
  it("forgets an edit that is back where it began", () => {
    const edited = step(EMPTY, { type: "set", name: "title", value: "b", base: "a" })
    expect(edited).toMatchObject({ edits: { title: "b" }, bases: { title: "a" } })
    expect(step(edited, { type: "set", name: "title", value: "a", base: "a" })).toEqual(EMPTY)
  })

  it("keeps what was typed while the rest was on its way", () => {
    let draft = step(EMPTY, { type: "set", name: "title", value: "b", base: "a" })
    draft = step(draft, { type: "set", name: "title", value: "bc", base: "a" })
    draft = step(draft, { type: "sent", values: { title: "b" }, keeps: true })
    expect(draft).toMatchObject({ edits: { title: "bc" }, bases: { title: "b" }, saved: { title: "b" } })
    expect(step(draft, { type: "shown" }).saved).toEqual({})
  })

  it("drops a field's errors when it is changed, and no others", () => {
    const errors = { title: [{ code: "blank", message: "!" }], team: [{ code: "required", message: "!" }] }
    const refused = step(EMPTY, { type: "refused", errors })
    expect(Object.keys(step(refused, { type: "set", name: "title", value: "x", base: "" }).errors)).toEqual(["team"])
  })
})
