import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import { BindingSchemaError } from "../errors.js"
import { methods } from "../stream.js"
import type { ActionTypes, StreamBase, StreamTypes, WriteOptions, Written } from "../types.js"

/** A write that a component can start, and what has become of it. */
export interface Mutation<Args extends unknown[], Result> {
  /** Start it. The promise is rejected with a `BindingSchemaError`, also if the component is gone by then. */
  run(...args: Args): Promise<Result>
  /** As `run`, for an event handler: what goes wrong stands in `error` only. */
  start(...args: Args): void
  /** At least one is on its way. */
  pending: boolean
  /** Of the last one that ended; null if it went well. */
  error: BindingSchemaError | null
  /** The answer of the last one that went well. */
  data: Result | undefined
  /** Forget `error` and `data`. */
  reset(): void
}

export type SaveArguments<T extends StreamTypes> = [fields: T["create"] | ({ id: T["id"] } & T["update"])]

/** `save.run(fields)` creates; with an `id` among the fields it updates. */
export function useSave<T extends StreamTypes>(
  stream: StreamBase<T>,
  options?: WriteOptions<T["row"]>,
): Mutation<SaveArguments<T>, Written<T["id"]>> {
  return useMutation((fields) => methods(stream).save(fields, options))
}

/** `remove.run(id)`. */
export function useDelete<T extends StreamTypes>(
  stream: StreamBase<T>,
  options?: WriteOptions<T["row"]>,
): Mutation<[id: T["id"]], Written<T["id"]>> {
  return useMutation((id) => methods(stream).delete(id, options))
}

type Params<P> = {} extends P ? [params?: P] : [params: P]

export type ActionArguments<Id, A> = A extends { on: "object"; params: infer P }
  ? [id: Id, ...params: Params<P>]
  : A extends ActionTypes
    ? Params<A["params"]>
    : never

/** `close.run(id, { reason })` for an action on an object, `take.run({ team })` for one on the stream. */
export function useAction<T extends StreamTypes, A extends keyof T["actions"] & string>(
  stream: StreamBase<T>,
  name: A,
  options?: WriteOptions<T["row"]>,
): Mutation<ActionArguments<T["id"], T["actions"][A]>, T["actions"][A]["result"]> {
  return useMutation((...args: unknown[]) => {
    const [id, params] = stream.info.actions[name]?.object ? args : [undefined, args[0]]
    return stream.action(name, id as T["id"] | undefined, params as never, options)
  })
}

interface Outcome<Result> {
  running: number
  error: BindingSchemaError | null
  data: Result | undefined
}

const NOTHING = { running: 0, error: null, data: undefined }

function useMutation<Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>): Mutation<Args, Result> {
  const [outcome, setOutcome] = useState<Outcome<Result>>(NOTHING)
  const latest = useRef(call)
  useEffect(() => {
    latest.current = call
  })
  const run = useCallback(async (...args: Args): Promise<Result> => {
    setOutcome((now) => ({ ...now, running: now.running + 1 }))
    try {
      const data = await latest.current(...args)
      setOutcome((now) => ({ running: now.running - 1, error: null, data }))
      return data
    } catch (caught) {
      const error = asError(caught)
      setOutcome((now) => ({ ...now, running: now.running - 1, error }))
      throw error
    }
  }, [])
  const start = useCallback((...args: Args) => void run(...args).catch(() => {}), [run])
  const reset = useCallback(() => setOutcome((now) => ({ ...NOTHING, running: now.running })), [])
  const { running, error, data } = outcome
  return useMemo(
    () => ({ run, start, reset, pending: running > 0, error, data }),
    [run, start, reset, running, error, data],
  )
}

/** What a request throws is an error of the client; anything else is a fault in the code around it. */
export function asError(caught: unknown): BindingSchemaError {
  if (caught instanceof BindingSchemaError) return caught
  const message = caught instanceof Error ? caught.message : String(caught)
  return new BindingSchemaError({ code: "internal", message }, { cause: caught })
}
