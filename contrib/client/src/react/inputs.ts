/** Between a field's value, as it travels, and the text of an HTML input. */
import type { FieldDescription } from "./describe.js"

/** The part of a change event that is read. */
export interface InputChange {
  target: { value: string; checked?: boolean; selectedOptions?: Iterable<{ value: string }> }
}

export interface InputProps {
  name: string
  value: string | string[]
  multiple?: true
  checked?: boolean
  required: boolean
  disabled: boolean
  maxLength?: number
  type?: string
  "aria-invalid"?: true
  onChange(event: InputChange): void
}

interface Bindable extends FieldDescription {
  value: unknown
  errors: readonly unknown[]
  set(value: unknown): void
}

const TYPES: Partial<Record<FieldDescription["kind"], string>> = {
  text: "text",
  date: "date",
  time: "time",
  integer: "number",
  boolean: "checkbox",
}

/** The properties of an `<input>`, `<select>` or `<textarea>` that shows the field and changes it. */
export function inputProps(field: Bindable): InputProps {
  const isMany = field.kind === "relations" || field.kind === "choices"
  const type = TYPES[field.kind]
  return {
    name: field.name,
    value: isMany ? textsOf(field.value) : textOf(field, field.value),
    ...(isMany ? { multiple: true as const } : {}),
    ...(field.kind === "boolean" ? { checked: field.value === true } : {}),
    required: field.required,
    disabled: field.readOnly,
    ...(field.maxLength === undefined ? {} : { maxLength: field.maxLength }),
    ...(type === undefined ? {} : { type }),
    ...(field.errors.length > 0 ? { "aria-invalid": true as const } : {}),
    onChange: ({ target }) => field.set(read(field, target, isMany)),
  }
}

function read(field: FieldDescription, target: InputChange["target"], isMany: boolean): unknown {
  if (field.kind === "boolean") return target.checked === true
  if (isMany) return [...(target.selectedOptions ?? [])].map((option) => chosen(field, option.value))
  return valueOf(field, target.value)
}

export function textOf(field: FieldDescription, value: unknown): string {
  if (value === null || value === undefined) return ""
  if (typeof value !== "object") return String(value)
  return field.kind === "json" ? JSON.stringify(value) : ""
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** What a text stands for. What is no number stays the text that it is: the server says what is wrong with it. */
export function valueOf(field: FieldDescription, text: string): unknown {
  // A text that is empty is a value of its own; of anything else there is none.
  if (text === "" && field.kind !== "text" && field.kind !== "multiline") return field.nullable ? null : undefined
  switch (field.kind) {
    case "choice":
    case "relation":
      return chosen(field, text)
    case "integer":
    case "number":
      return Number.isFinite(Number(text)) && text.trim() !== "" && Number.isSafeInteger(Math.trunc(Number(text)))
        ? Number(text)
        : text
    case "json":
      return parsed(text)
    default:
      return text
  }
}

function chosen(field: FieldDescription, text: string): unknown {
  const found = field.choices.find(({ value }) => String(value) === text)
  return found === undefined ? text : found.value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
