import { errorOf, type BindingSchemaError } from "./errors.js"
import type { Frame } from "./frame.js"
import { guarded } from "./emitter.js"
import { backoff } from "./environment.js"
import type { Cause, Change, SubscribeHandlers, Subscription } from "./types.js"

/** What a subscription asks, and whom it tells. Handlers see frames in the order in which they came. */
export interface Wanted {
  stream: string
  /** `search` follows one page, by the interest that a search registers; the others are the `subscribe` verb's. */
  kind: "object" | "list" | "feed" | "events" | "search"
  params: Record<string, any>
  handlers: Handlers
}

export interface Handlers extends Omit<SubscribeHandlers, "onRows"> {
  onRows?(rows: any[], info: { truncated: boolean; answer: Frame["data"] }): void
  /** It is followed, or for the moment is not. */
  onFollowed?(isFollowed: boolean): void
}

export interface SubscriptionPort {
  readonly canSend: boolean
  send(frame: Frame): void
  check(): void
  renew(): boolean
}

/** The server's MAX_HAVE. */
const MOST_HELD = 1_000
/** Milliseconds until a promised answer or snapshot is asked for again. */
const PATIENCE = 20_000
/** A first question that comes too fast is asked as often as this before its error is told. */
const MOST_TRIES = 6
/** Errors that say nothing about the subscription itself. */
const TRANSIENT = new Set(["timeout", "internal", "rate_limited"])

/** One interest, from its first answer through all connections until it is ended. */
export class Interest implements Subscription {
  readonly ready: Promise<void>
  #settle!: { resolve(): void; reject(error: BindingSchemaError): void }
  /** The ids that the server believes to be held, for `have`. */
  readonly #held = new Map<string, any>()
  #seq: string | undefined
  /** It was answered once: from then on an error that passes is not told. */
  #wasReady = false
  #resumed = false
  #renewed = false
  #failures = 0
  #isOver = false
  #timer: ReturnType<typeof setTimeout> | undefined

  readonly #wanted: Wanted
  readonly #port: SubscriptionPort
  readonly #report: (error: unknown) => void
  readonly #over: () => void

  constructor(
    readonly hash: string,
    wanted: Wanted,
    port: SubscriptionPort,
    report: (error: unknown) => void,
    over: () => void,
  ) {
    this.#wanted = wanted
    this.#port = port
    this.#report = report
    this.#over = over
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    this.ready.catch(() => undefined)
    if (port.canSend) this.ask()
  }

  unsubscribe(): void {
    if (this.#isOver) return
    if (this.#port.canSend) this.#port.send({ event: `${this.#wanted.stream}.unsubscribe#${this.hash}`, data: {} })
    this.#end()
    this.#settle.reject(errorOf({ code: "aborted" }))
  }

  /** Ask for all rows again. */
  refresh(): void {
    this.#seq = undefined
    if (this.#port.canSend && !this.#isOver) this.ask()
  }

  ask(): void {
    clearTimeout(this.#timer)
    const { stream, kind } = this.#wanted
    const event = `${stream}.${this.#verb}#${this.hash}`
    this.#port.send({ event, data: kind === "search" ? this.#wanted.params : this.#question() })
    this.#wait(() => {
      this.#port.check()
      this.#again()
    })
  }

  /** The connection is lost. */
  lost(): void {
    clearTimeout(this.#timer)
    this.#tell((to) => to.onFollowed?.(false))
  }

  /** It was cut, while the rest of the connection stands. */
  ended(): void {
    this.lost()
    this.#again()
  }

  /** The server does not want the client: the subscription stays, should it be let in later. */
  refused(error: BindingSchemaError): void {
    if (!this.#wasReady) this.#fail(error)
  }

  hear(verb: string, data: Frame["data"], meta: Frame["meta"] = {}): void {
    if (this.#isOver) return
    if (verb === this.#verb) this.#answered(data)
    else if (verb === "list") this.#rows(data)
    else if (verb === "retrieve") this.#change(data, changeOf(meta))
    else if (verb === "delete") this.#remove(data.id, changeOf(meta))
    else if (verb === "resync") this.#resync(String(data.reason))
    this.#seq = typeof meta.seq === "string" ? meta.seq : this.#seq
  }

  failed(data: Frame["data"]): void {
    if (this.#isOver) return
    clearTimeout(this.#timer)
    const error = errorOf({ ...data, code: String(data.code) })
    if (error.code === "unauthenticated" && !this.#renewed) {
      this.#renewed = true
      if (this.#port.renew()) return
    }
    // A position or a number of ids that this server does not take: all rows once more.
    if (error.code === "invalid_data" && this.#resumed) return this.refresh()
    const isTooFast = error.code === "rate_limited" && this.#failures < MOST_TRIES
    if (isTooFast || (this.#wasReady && TRANSIENT.has(error.code))) return this.#again((error.retryAfter ?? 0) * 1_000)
    if (this.#wasReady && error.code === "not_found") {
      this.#remove(this.#wanted.params.id, changeOf({ cause: "leave" }))
      return this.#tell((to) => to.onFollowed?.(true))
    }
    this.#fail(error)
    this.#end()
  }

  // Asking ---------------------------------------------------------------------------------------------------------------

  get #verb(): string {
    return this.#wanted.kind === "search" ? "search" : "subscribe"
  }

  /** There are no rows to begin with. */
  get #isFeed(): boolean {
    return this.#wanted.kind === "feed" || this.#wanted.kind === "events"
  }

  #question(): Record<string, any> {
    const { kind, params } = this.#wanted
    this.#resumed = false
    if (this.#isFeed) return params
    const canResume = this.#seq !== undefined && this.#held.size <= MOST_HELD && (kind === "list" || this.#held.size > 0)
    if (!canResume) return { ...params, snapshot: true }
    this.#resumed = true
    return { ...params, since: this.#seq, ...(kind === "list" ? { have: [...this.#held.values()] } : {}) }
  }

  #again(atLeast = 0): void {
    const pause = Math.max(atLeast, backoff(this.#failures++, 500, 30_000))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#port.canSend && this.ask(), pause)
  }

  #wait(late: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(late, PATIENCE)
  }

  // Hearing --------------------------------------------------------------------------------------------------------------

  #answered(data: Frame["data"]): void {
    clearTimeout(this.#timer)
    const { kind } = this.#wanted
    const again = this.#wasReady
    this.#failures = 0
    this.#renewed = false
    this.#wasReady = true
    if (Array.isArray(data.rows)) this.#rows(data)
    else if (kind === "object" && "id" in data) {
      const { success: _, ...row } = data
      this.#rows({ rows: [row] })
    } else if (kind === "feed" && again) this.#tell((to) => to.onResync?.("gap"))
    this.#settle.resolve()
    this.#tell((to) => to.onFollowed?.(true))
  }

  #rows(data: Frame["data"]): void {
    if (!Array.isArray(data.rows)) return
    clearTimeout(this.#timer)
    this.#held.clear()
    for (const row of data.rows) this.#hold(row.id)
    this.#tell((to) => to.onRows?.(data.rows, { truncated: data.truncated === true, answer: data }))
  }

  #change(row: any, change: Change): void {
    clearTimeout(this.#timer)
    if (this.#wanted.kind !== "feed") this.#hold(row.id)
    this.#tell((to) => to.onChange?.(row, change))
  }

  #remove(id: any, change: Change): void {
    clearTimeout(this.#timer)
    this.#held.delete(String(id))
    this.#tell((to) => to.onDelete?.(id, change))
  }

  #hold(id: any): void {
    this.#held.set(String(id), id)
  }

  #resync(reason: string): void {
    this.#tell((to) => to.onResync?.(reason))
    if (reason === "forbidden") {
      this.#fail(errorOf({ code: "forbidden" }))
      this.#end()
    } else if (!this.#isFeed) {
      // A snapshot follows; if none does, the server has given the interest up.
      this.#wait(() => this.#port.canSend && this.refresh())
    }
  }

  #fail(error: BindingSchemaError): void {
    this.#settle.reject(error)
    this.#tell((to) => to.onError?.(error))
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#over()
  }

  #tell(run: (handlers: Handlers) => void): void {
    guarded(this.#report, () => run(this.#wanted.handlers))
  }
}

function changeOf(meta: Record<string, any>): Change {
  const { cause, ref } = meta
  return { cause: typeof cause === "string" ? (cause as Cause) : undefined, ref: typeof ref === "string" ? ref : undefined }
}
