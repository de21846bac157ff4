import { useCallback, useEffect, useRef, useState } from "react"
import type { Dispatch } from "react"
import type { BindingSchemaError } from "../errors.js"
import { methods } from "../stream.js"
import type { StreamBase, StreamTypes, Written } from "../types.js"
import type { Step } from "./drafts.js"
import type { FormField, FormOptions } from "./form.js"
import { asError } from "./writes.js"

export type Submitted<Id> =
  /** `unchanged`: there was nothing to send. */
  { ok: true; id: Id; unchanged: boolean } | { ok: false; error: BindingSchemaError }

interface Submit<Id> {
  submitting: boolean
  error: BindingSchemaError | null
  submit(event?: { preventDefault(): void }): Promise<Submitted<Id>>
}

export function useSubmit<T extends StreamTypes>(
  stream: StreamBase<T>,
  options: FormOptions<T>,
  fields: readonly FormField[],
  dispatch: Dispatch<Step>,
): Submit<T["id"]> {
  const [submitting, setSubmitting] = useState(false)
  const [error, setError] = useState<BindingSchemaError | null>(null)
  const latest = useRef({ stream, options, fields })
  const running = useRef<Promise<Submitted<T["id"]>> | null>(null)
  useEffect(() => {
    latest.current = { stream, options, fields }
  })
  const send = useCallback(async (): Promise<Submitted<T["id"]>> => {
    const { stream, options, fields } = latest.current
    const values = toSend(fields, options.id === undefined)
    setError(null)
    dispatch({ type: "checked" })
    if (options.id !== undefined && Object.keys(values).length === 0) return { ok: true, id: options.id, unchanged: true }
    setSubmitting(true)
    try {
      const { id } = await write(stream, options, values)
      dispatch({ type: "sent", values, keeps: options.id !== undefined })
      return { ok: true, id, unchanged: false }
    } catch (caught) {
      const problem = asError(caught)
      setError(problem)
      dispatch({ type: "refused", errors: problem.errors ?? {} })
      return { ok: false, error: problem }
    } finally {
      setSubmitting(false)
    }
  }, [dispatch])
  const submit = useCallback(
    (event?: { preventDefault(): void }) => {
      event?.preventDefault()
      // A second press while the first is on its way is the same submit.
      running.current ??= send().finally(() => {
        running.current = null
      })
      return running.current
    },
    [send],
  )
  return { submitting, error, submit }
}

function write<T extends StreamTypes>(
  stream: StreamBase<T>,
  options: FormOptions<T>,
  values: Record<string, unknown>,
): Promise<Written<T["id"]>> {
  const { id, initial: _initial, choices: _choices, ...how } = options
  return id === undefined ? methods(stream).create(values, how) : methods(stream).update(id, values, how)
}

function toSend(fields: readonly FormField[], isNew: boolean): Record<string, unknown> {
  const sent = fields.filter((field) => !field.readOnly && field.value !== undefined && (isNew || field.dirty))
  return Object.fromEntries(sent.map((field) => [field.name, field.value]))
}
