import { useCallback, useMemo, useReducer, useState } from "react"
import type { BindingSchemaError, FieldError } from "../errors.js"
import type { StreamBase, StreamTypes, WriteOptions } from "../types.js"
import { describeFields, sameValue, writtenValue } from "./describe.js"
import type { Choice, FieldDescription } from "./describe.js"
import { useDescription } from "./description.js"
import { EMPTY, step } from "./drafts.js"
import type { Draft } from "./drafts.js"
import { useSubmit } from "./submit.js"
import type { Submitted } from "./submit.js"
import { useObject } from "./views.js"
import type { ObjectResult } from "./views.js"

/** One field of a form: what the schema says of it, and what is in it now. */
export interface FormField<Value = unknown> extends FieldDescription {
  /** As it travels; `undefined` where nothing was chosen, which leaves it to the server. */
  readonly value: Value | undefined
  /** The user changed it. */
  readonly dirty: boolean
  /** Someone else changed it too since then; `theirs` is what the server has. */
  readonly conflict: boolean
  readonly theirs: Value | undefined
  readonly errors: readonly FieldError[]
  set(value: unknown): void
}

/** What a form can write: the fields of a create and of an update. */
export type FormInput<T extends StreamTypes> = Partial<T["create"]> & Partial<T["update"]>

export interface FormOptions<T extends StreamTypes> extends WriteOptions<T["row"]> {
  /** The object to change; without one the form makes a new one. */
  id?: T["id"] | undefined
  /** What a new object begins with. */
  initial?: FormInput<T>
  /** Choices of fields that refer to other objects, which the `schema` verb does not list. */
  choices?: { readonly [K in keyof FormInput<T>]?: readonly Choice[] }
}

export interface Form<T extends StreamTypes> {
  readonly status: "loading" | "ready" | "missing" | "error"
  /** In the binding's order: those that this user may see. */
  readonly fields: readonly FormField[]
  field<K extends keyof FormInput<T> & string>(name: K): FormField<FormInput<T>[K]> | undefined
  set<K extends keyof FormInput<T> & string>(name: K, value: FormInput<T>[K] | undefined): void
  /** The object as it is, live. */
  readonly object: ObjectResult<T>
  readonly dirty: boolean
  readonly submitting: boolean
  /** What is said of the object as a whole, or of a field that the form does not have. */
  readonly errors: readonly FieldError[]
  /** Why the last submit failed, or why the form cannot be shown. */
  readonly error: BindingSchemaError | null
  /** Sends what was changed. It does not throw: what was refused stands in `error`, `errors` and the fields. */
  submit(event?: { preventDefault(): void }): Promise<Submitted<T["id"]>>
  /** Forget what was typed. */
  reset(): void
}

type Values = Readonly<Record<string, unknown>>

/**
 * A form from the `schema` verb. Fields that the user did not touch follow the server; one that was touched keeps
 * what was typed, and says so when the server has something else by now (`conflict`, `theirs`).
 */
export function useForm<T extends StreamTypes>(stream: StreamBase<T>, options: FormOptions<T> = {}): Form<T> {
  const { id, initial, choices } = options
  const description = useDescription(stream)
  const object = useObject(stream, id)
  const [draft, dispatch] = useReducer(step, EMPTY)
  useOnChange(`${stream.name} ${String(id ?? "")}`, () => dispatch({ type: "reset" }))
  useOnChange(object.row, () => dispatch({ type: "shown" }))

  const isNew = id === undefined
  const known = useMemo(
    () => (description.value === undefined ? [] : describeFields(description.value, isNew)),
    [description.value, isNew],
  )
  const source: Values | undefined = isNew ? (initial as Values | undefined) : (object.row as Values | undefined)
  const fields = known.map((field): FormField => {
    const theirs = field.name in draft.saved ? draft.saved[field.name] : writtenValue(field.kind, source?.[field.name])
    const set = (value: unknown) => dispatch({ type: "set", name: field.name, value, base: theirs })
    const options = (choices as Record<string, readonly Choice[]> | undefined)?.[field.name] ?? field.choices
    return { ...field, ...contents(field.name, theirs, draft), choices: options, set }
  })
  const { submitting, error, submit } = useSubmit(stream, options, fields, dispatch)
  const find = (name: string) => fields.find((field) => field.name === name)
  return {
    status: statusOf(description, isNew ? "ready" : object.status),
    fields,
    field: (name) => find(name) as FormField<never> | undefined,
    set: (name, value) => find(name)?.set(value),
    object,
    dirty: fields.some((field) => field.dirty),
    submitting,
    errors: elsewhere(draft, fields),
    error: error ?? description.error ?? object.error ?? null,
    submit,
    reset: useCallback(() => dispatch({ type: "reset" }), []),
  }
}

function contents(name: string, theirs: unknown, draft: Draft) {
  const dirty = name in draft.edits && !sameValue(draft.edits[name], theirs)
  return {
    value: dirty ? draft.edits[name] : theirs,
    dirty,
    conflict: dirty && !sameValue(draft.bases[name], theirs),
    theirs,
    errors: draft.errors[name] ?? [],
  }
}

function statusOf(
  description: ReturnType<typeof useDescription>,
  object: ObjectResult<StreamTypes>["status"],
): Form<StreamTypes>["status"] {
  if (description.error !== null) return "error"
  return description.value === undefined || object === "idle" ? "loading" : object
}

function elsewhere(draft: Draft, fields: readonly FormField[]): FieldError[] {
  const shown = new Set(fields.map(({ name }) => name))
  return Object.entries(draft.errors).flatMap(([name, list]) => (shown.has(name) ? [] : list))
}

/** Runs `react` when the value is another one than at the last render; not at the first. */
function useOnChange(value: unknown, react: () => void): void {
  const [before, setBefore] = useState(value)
  if (before === value) return
  // During the render, so that what was typed for one object is never shown in the form of another.
  setBefore(value)
  react()
}


