/** What a form holds: which fields were touched, what they were before, and what the server said. */
import type { FieldError } from "../errors.js"
import { sameValue } from "./describe.js"

export interface Draft {
  /** The fields that the user changed, as they would be written. */
  edits: Readonly<Record<string, unknown>>
  /** What a changed field was when the change began: if the server has something else by now, someone changed it. */
  bases: Readonly<Record<string, unknown>>
  /** Saved values that the row does not show yet. */
  saved: Readonly<Record<string, unknown>>
  errors: Readonly<Record<string, readonly FieldError[]>>
}

export const EMPTY: Draft = { edits: {}, bases: {}, saved: {}, errors: {} }

export type Step =
  | { type: "set"; name: string; value: unknown; base: unknown }
  | { type: "sent"; values: Readonly<Record<string, unknown>>; keeps: boolean }
  | { type: "refused"; errors: Readonly<Record<string, readonly FieldError[]>> }
  | { type: "shown" }
  | { type: "checked" }
  | { type: "reset" }

export function step(draft: Draft, action: Step): Draft {
  switch (action.type) {
    case "set":
      return edited(draft, action.name, action.value, action.base)
    case "sent":
      return action.keeps ? settled(draft, action.values) : EMPTY
    case "refused":
      return { ...draft, errors: action.errors }
    case "shown":
      return Object.keys(draft.saved).length === 0 ? draft : { ...draft, saved: {} }
    case "checked":
      return { ...draft, errors: {} }
    case "reset":
      return EMPTY
  }
}

function edited(draft: Draft, name: string, value: unknown, base: unknown): Draft {
  const before = name in draft.bases ? draft.bases[name] : base
  const { [name]: _error, ...errors } = draft.errors
  if (sameValue(value, base)) {
    const { [name]: _edit, ...edits } = draft.edits
    const { [name]: _base, ...bases } = draft.bases
    return { ...draft, edits, bases, errors }
  }
  return { ...draft, errors, edits: { ...draft.edits, [name]: value }, bases: { ...draft.bases, [name]: before } }
}

/** What was sent is no change any more, but for a field that was changed again while it was on its way. */
function settled(draft: Draft, values: Readonly<Record<string, unknown>>): Draft {
  const rest = Object.entries(draft.edits).filter(([name, value]) => !(name in values) || !sameValue(values[name], value))
  return {
    edits: Object.fromEntries(rest),
    bases: Object.fromEntries(rest.map(([name]) => [name, name in values ? values[name] : draft.bases[name]])),
    saved: values,
    errors: {},
  }
}
