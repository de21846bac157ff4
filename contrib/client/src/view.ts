import { Emitter } from "./emitter.js"
import type { BindingSchemaError } from "./errors.js"
import { keyOf, type Store } from "./store.js"
import type { Handlers, Interest, Wanted } from "./subscription.js"
import type { Change, RowChange, View } from "./types.js"

/** What a view needs of its stream. */
export interface ViewPort {
  readonly name: string
  readonly store: Store
  open(wanted: Wanted): Interest
  /** There is a connection on which no page of a search can be followed. */
  mustPoll(): boolean
  readonly report: (error: unknown) => void
}

/** Milliseconds that a view is followed after its last listener: React's StrictMode mounts twice. */
const GRACE = 150
/** Milliseconds that a view waits for its first listener before it is forgotten. */
const UNUSED = 5_000
/** Milliseconds that the last change of a row is remembered. */
const REMEMBERED = 60_000

/** A snapshot of rows that is kept true while somebody listens. */
export abstract class LiveView<Value> implements View<Value> {
  protected status: "loading" | "ready" | "missing" | "error" = "loading"
  protected error: BindingSchemaError | undefined
  protected isFollowed = false
  protected interest: Interest | undefined
  protected readonly held = new Set<string>()
  protected changed: ReadonlyMap<any, RowChange> = new Map()
  readonly #keep: (isKept: boolean) => void
  readonly #listeners: Emitter
  #stopWatching: (() => void) | undefined
  #snapshot: Value | undefined
  #isTold = true
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(
    protected readonly port: ViewPort,
    protected readonly params: Record<string, any>,
    /** Called when nobody has listened for a while, and each time that somebody does again. */
    keep: (isKept: boolean) => void,
  ) {
    this.#keep = keep
    this.#listeners = new Emitter(port.report)
    this.#idle = setTimeout(() => this.#forget(), UNUSED)
  }

  get(): Value {
    return (this.#snapshot ??= this.build())
  }

  subscribe(listener: () => void): () => void {
    clearTimeout(this.#idle)
    const remove = this.#listeners.add(listener)
    this.#keep(true)
    if (!this.interest) this.#open()
    return () => {
      remove()
      clearTimeout(this.#idle)
      if (!this.#listeners.size) this.#idle = setTimeout(() => this.#forget(), GRACE)
    }
  }

  refresh(): void {
    if (this.interest && !this.error) return this.interest.refresh()
    if (this.status === "error") this.status = "loading"
    this.error = undefined
    this.invalidate()
    if (this.#listeners.size) this.#open()
  }

  protected abstract build(): Value
  protected abstract readonly kind: Wanted["kind"]
  protected abstract handlers(): Handlers
  /** Whether a change of the row with this key may change what is shown. */
  protected abstract concerns(key: string): boolean

  protected invalidate(): void {
    this.#snapshot = undefined
    if (!this.#isTold) return
    this.#isTold = false
    queueMicrotask(() => {
      this.#isTold = true
      this.#listeners.emit()
    })
  }

  /** A row of the server's, from a snapshot or as a change. */
  protected take(row: any, change?: Change): void {
    const key = keyOf(row.id)
    if (!this.held.has(key)) {
      this.held.add(key)
      this.port.store.retain(key)
    }
    if (change) this.#remember(row.id, change)
    this.port.store.put(row, change)
    this.invalidate()
  }

  /** A row is gone. */
  protected lose(id: any, change: Change): void {
    this.#remember(id, change)
    this.letGo(keyOf(id))
    this.port.store.arrived(keyOf(id), change)
    this.invalidate()
  }

  protected letGo(key: string): void {
    if (this.held.delete(key)) this.port.store.release(key)
  }

  #remember(id: any, { cause, ref }: Change): void {
    const at = Date.now()
    const recent = [...this.changed].filter(([, change]) => at - change.at < REMEMBERED)
    this.changed = new Map([...recent, [id, { cause, own: ref !== undefined, at }]])
  }

  /** What the snapshots of all views have. */
  protected common(keys: string[]) {
    const isPending = keys.some((key) => this.port.store.isPending(key))
    return {
      stale: !this.isFollowed && this.status !== "loading",
      pending: isPending,
      error: this.error,
    }
  }

  #open(): void {
    this.#stopWatching ??= this.port.store.watch((key) => this.concerns(key) && this.invalidate())
    this.interest = this.port.open({
      stream: this.port.name,
      kind: this.kind,
      params: this.params,
      handlers: {
        ...this.handlers(),
        onError: (error) => this.#failed(error),
        onFollowed: (isFollowed) => {
          this.isFollowed = isFollowed
          this.invalidate()
        },
      },
    })
  }

  #failed(error: BindingSchemaError): void {
    this.error = error
    this.isFollowed = false
    this.status = error.code === "not_found" ? "missing" : "error"
    this.invalidate()
    if (error.code === "forbidden") for (const key of [...this.held]) this.letGo(key)
    if (error.code !== "not_found") this.port.report(error)
  }

  #forget(): void {
    clearTimeout(this.#idle)
    this.#keep(false)
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.interest?.unsubscribe()
    this.interest = undefined
    for (const key of [...this.held]) this.letGo(key)
    this.status = "loading"
    this.error = undefined
    this.isFollowed = false
    this.#snapshot = undefined
  }
}
