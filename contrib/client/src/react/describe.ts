import type { StreamDescription } from "../types.js"

/** What a form needs to know of a field, read from the answer of the `schema` verb. */

export interface Choice {
  value: string | number | boolean
  label: string
}

export type InputKind =
  | "text"
  | "multiline"
  | "integer"
  | "number"
  | "decimal"
  | "boolean"
  | "choice"
  | "choices"
  | "date"
  | "datetime"
  | "time"
  | "relation"
  | "relations"
  | "json"

export interface FieldDescription {
  name: string
  label: string
  help: string
  kind: InputKind
  /** A create must have it. An update never has to. */
  required: boolean
  /** This user may not write it. */
  readOnly: boolean
  /** `null` is a value of it. */
  nullable: boolean
  choices: readonly Choice[]
  maxLength: number | undefined
}

/** JSON Schema, as far as the server makes use of it. */
interface Node {
  type?: string
  format?: string
  title?: string
  description?: string
  readOnly?: boolean
  maxLength?: number
  minLength?: number
  enum?: unknown[]
  items?: Node
  anyOf?: Node[]
  properties?: Record<string, Node>
  required?: string[]
  "x-choices"?: Choice[]
  "x-nested"?: string
}

/**
 * The fields of a form, in the order of the binding. One for a new object has what a create takes; one for an object
 * that is there has each field that the user may read or write.
 */
export function describeFields(schema: StreamDescription, isNew: boolean): FieldDescription[] {
  const readable = propertiesOf(schema.fields)
  const writable = propertiesOf(isNew ? schema.create : schema.update)
  const names = isNew ? Object.keys(writable) : [...new Set([...Object.keys(readable), ...Object.keys(writable)])]
  const required = new Set(isNew ? (schema.create?.required ?? []) : [])
  const needed = new Set(schema.create?.required ?? [])
  return names
    .filter((name) => name !== "id" || (isNew && name in writable))
    .map((name) => {
      const node = writable[name] ?? readable[name] ?? {}
      const found = describeField(name, node, readable[name] ?? {})
      return {
        ...found,
        required: required.has(name),
        // What a create must have can be no empty choice of an update either.
        nullable: found.nullable && !needed.has(name),
        readOnly: !(name in writable),
      }
    })
}

function propertiesOf(schema: unknown): Record<string, Node> {
  return (schema as Node | undefined)?.properties ?? {}
}

function describeField(name: string, node: Node, row: Node): Omit<FieldDescription, "required" | "readOnly"> {
  const parts = node.anyOf ?? [node]
  const main = parts.find((part) => part.type !== "null") ?? node
  const choices = node["x-choices"] ?? []
  return {
    name,
    label: sentence(node.title ?? row.title ?? name.replaceAll("_", " ")),
    help: node.description ?? row.description ?? "",
    kind: kindOf(node, main, choices, row),
    nullable: parts.some((part) => part.type === "null"),
    choices,
    maxLength: main.maxLength,
  }
}

const FORMATS: Record<string, InputKind> = { date: "date", "date-time": "datetime", time: "time", decimal: "decimal" }
const TYPES: Record<string, InputKind> = { boolean: "boolean", integer: "integer", number: "number" }

function kindOf(node: Node, main: Node, choices: readonly Choice[], row: Node): InputKind {
  const isMany = main.type === "array"
  if (node["x-nested"] !== undefined) return isMany ? "relations" : "relation"
  if (choices.length > 0) return isMany ? "choices" : "choice"
  if (isMany || main.type === "object") return "json"
  // A decimal is taken as a number or a text, and its row says that it is one.
  const format = main.format ?? (row.anyOf ?? [row]).find((part) => part.format !== undefined)?.format
  if (format !== undefined && FORMATS[format] !== undefined) return FORMATS[format]
  const plain = TYPES[main.type ?? ""]
  if (plain !== undefined) return plain
  if (main.type !== "string") return "json"
  return main.maxLength === undefined && format === undefined ? "multiline" : "text"
}

function sentence(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1)
}

/** What of a row's field is written back: the ids of nested objects, anything else as it stands. */
export function writtenValue(kind: InputKind, value: unknown): unknown {
  if (kind === "relation") return idOf(value)
  if (kind === "relations" && Array.isArray(value)) return value.map(idOf)
  return value
}

function idOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "id" in value ? value.id : value
}

/** Whether two written values are the same one; the order of ids says nothing. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item) => other.some((each) => sameValue(item, each)))
  }
  return Object.is(one, other) || JSON.stringify(one) === JSON.stringify(other)
}
