import { useCallback, useSyncExternalStore } from "react"
import type { BindingSchemaError } from "../errors.js"
import { methods } from "../stream.js"
import type { StreamBase, StreamDescription, StreamTypes } from "../types.js"
import { asError } from "./writes.js"

interface Described {
  readonly value: StreamDescription | undefined
  readonly error: BindingSchemaError | null
}

const LOADING: Described = { value: undefined, error: null }

/** One answer of the `schema` verb for each stream of a client, shared by all forms. */
class Description {
  #now: Described = LOADING
  #asking = false
  readonly #listeners = new Set<() => void>()

  constructor(private readonly ask: () => Promise<StreamDescription>) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    // What went wrong is asked again by the next form.
    if (this.#now.value === undefined) void this.#load()
    return () => this.#listeners.delete(listener)
  }

  readonly get = (): Described => this.#now

  async #load(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    try {
      this.#now = { value: await this.ask(), error: null }
    } catch (caught) {
      this.#now = { value: undefined, error: asError(caught) }
    }
    this.#asking = false
    for (const listener of [...this.#listeners]) listener()
  }
}

const known = new WeakMap<object, Description>()

export function useDescription<T extends StreamTypes>(stream: StreamBase<T>): Described {
  const description = useCallback(() => {
    const found = known.get(stream) ?? new Description(() => methods(stream).schema())
    known.set(stream, found)
    return found
  }, [stream])()
  return useSyncExternalStore(description.subscribe, description.get, description.get)
}
