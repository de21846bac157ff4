import { show } from "./optimistic.js"
import type { Requests } from "./requests.js"
import { stable, uniqueKey, type Frame } from "./frame.js"
import { Store, type Overlay } from "./store.js"
import type { Subscriptions } from "./subscriptions.js"
import type * as types from "./types.js"
import type { ViewPort } from "./view.js"
import { ListView, ObjectView, PageView } from "./views.js"

/** What the streams of one client share. */
export interface Core {
  requests: Requests
  subscriptions: Subscriptions
  idempotent: boolean
  mustPoll(): boolean
  readonly report: (error: unknown) => void
}

type Data = Record<string, any>

const READS = /^(retrieve|list|search|schema)$/
const WRITES = /^(create|update|save|delete)$/

/** One stream of the API: `api.helpdesk.Ticket`. Its actions are added as methods. */
export class StreamHandle implements types.StreamBase, types.StreamMethods {
  readonly live: types.LiveApi
  readonly #core: Core
  readonly #port: ViewPort
  readonly #store: Store
  readonly #views = new Map<string, any>()
  /** The last write of each object: the next one waits for it, since a server answers in any order. */
  readonly #turns = new Map<unknown, Promise<void>>()

  constructor(
    core: Core,
    readonly name: string,
    readonly info: types.StreamInfo,
  ) {
    const { subscriptions, mustPoll, report } = core
    this.#core = core
    this.#store = new Store(info)
    this.#port = { name, store: this.#store, open: (wanted) => subscriptions.open(wanted), mustPoll, report }
    this.live = {
      object: (id) => this.#view(`object ${id}`, (keep) => new ObjectView(this.#port, { id }, keep)),
      list: (params = {}) => this.#view(`list ${stable(params)}`, (keep) => new ListView(this.#port, params, keep)),
      search: (params = {}) => this.#view(`search ${stable(params)}`, (keep) => new PageView(this.#port, params, keep)),
    }
    for (const [action, { object }] of Object.entries(info.actions)) {
      if (action in this) continue
      const method = object
        ? (id: any, params?: Data, options?: types.WriteOptions) => this.action(action, id, params, options)
        : (params?: Data, options?: types.WriteOptions) => this.action(action, undefined, params, options)
      Object.defineProperty(this, action, { value: method })
    }
  }

  // Requests -------------------------------------------------------------------------------------------------------------

  request(verb: string, data: Data = {}, options: types.WriteOptions = {}): Promise<any> {
    const action = this.info.actions[verb]
    const isRead = READS.test(verb) || action?.read === true
    const takesKey = !isRead && (WRITES.test(verb) || action?.idempotent === true)
    const key = options.idempotencyKey ?? (takesKey && this.#core.idempotent ? uniqueKey() : undefined)
    const event = this.#core.requests.event(this.name, verb)
    const overlays = options.optimistic && !isRead ? this.#show(event, verb, data, options.optimistic) : []
    // What a request shows is not followed by itself: who wants that, subscribes.
    const frame: Frame = { event, data, meta: { subscribe: false, idempotency_key: key } }
    const { signal, timeout } = options
    const send = () => this.#core.requests.ask(frame, { signal, timeout, safe: isRead || key !== undefined })
    const answer = isRead || (data.id ?? null) === null ? send() : this.#inTurn(data.id, send)
    if (!overlays.length) return answer
    return answer.then(
      (reply) => {
        overlays.forEach((overlay, index) => this.#store.accept(overlay, reply.ids?.[index] ?? reply.id))
        return reply
      },
      (error) => {
        for (const overlay of overlays) this.#store.drop(overlay)
        throw error
      },
    )
  }

  #inTurn<T>(id: unknown, run: () => Promise<T>): Promise<T> {
    const key = String(id)
    const before = this.#turns.get(key)
    const result = before ? before.then(run) : run()
    const end: Promise<void> = result.then(
      () => undefined,
      () => undefined,
    )
    this.#turns.set(key, end)
    void end.then(() => this.#turns.get(key) === end && this.#turns.delete(key))
    return result
  }

  #show(event: string, verb: string, data: Data, shown: boolean | Data): Overlay[] {
    const one = (row: Data) => {
      const { id, ...fields } = row
      return show(this.#store, event, verb === "create" ? undefined : id, fields, shown)
    }
    if (verb === "delete") return (data.ids ?? [data.id]).map((id: unknown) => show(this.#store, event, id, null, true))
    if (Array.isArray(data.rows)) return data.rows.map(one)
    if (WRITES.test(verb)) return [one(data)]
    // What an action changes is not to be known, unless the caller says so.
    return data.id !== undefined && typeof shown === "object" ? [show(this.#store, event, data.id, {}, shown)] : []
  }

  // Verbs ----------------------------------------------------------------------------------------------------------------

  retrieve(id: any, options?: types.RequestOptions) {
    return this.request("retrieve", { id }, options)
  }

  async retrieveMany(ids: readonly any[], options?: types.RequestOptions) {
    const { rows, missing = [] } = await this.request("retrieve", { ids }, options)
    return { rows, missing }
  }

  list(params?: types.ListParams, options?: types.RequestOptions) {
    return this.request("list", params as Data, options)
  }

  search(params?: types.PageParams | types.CursorParams, options?: types.RequestOptions) {
    return this.request("search", params as Data, options)
  }

  create(fields: Data, options?: types.WriteOptions) {
    return this.request("create", fields, options)
  }

  update(id: any, fields: Data, options?: types.WriteOptions) {
    return this.request("update", { ...fields, id }, options)
  }

  save(fields: Data, options?: types.WriteOptions) {
    return this.request("save", fields, options)
  }

  saveMany(rows: readonly Data[], options?: types.WriteOptions) {
    return this.request("save", { rows }, options)
  }

  delete(id: any, options?: types.WriteOptions) {
    return this.request("delete", { id }, options)
  }

  deleteMany(ids: readonly any[], options?: types.WriteOptions) {
    return this.request("delete", { ids }, options)
  }

  schema(options?: types.RequestOptions) {
    return this.request("schema", {}, options)
  }

  action(name: string, id: any, params: Data = {}, options?: types.WriteOptions) {
    return this.request(name, id === undefined ? params : { ...params, id }, options)
  }

  // Live -----------------------------------------------------------------------------------------------------------------

  subscribe(params: types.SubscribeParams, handlers: types.SubscribeHandlers): types.Subscription {
    const { snapshot = true, ...rest } = params
    const isOfRows = this.info.verbs.length === 0 || this.info.verbs.includes("list")
    const kind = !isOfRows ? "events" : rest.id !== undefined ? "object" : snapshot ? "list" : "feed"
    return this.#core.subscriptions.open({ stream: this.name, kind, params: rest, handlers })
  }

  on(event: string, listener: (data: any) => void): () => void {
    return this.#core.subscriptions.on(`${this.name}.${event}`, listener)
  }

  #view<V>(key: string, make: (keep: (isKept: boolean) => void) => V): V {
    const known = this.#views.get(key)
    if (known) return known
    const keep = (isKept: boolean) => {
      if (isKept && !this.#views.has(key)) this.#views.set(key, view)
      else if (!isKept && this.#views.get(key) === view) this.#views.delete(key)
    }
    const view = make(keep)
    this.#views.set(key, view)
    return view
  }
}

/** Every verb of a stream, for generic code. A verb that the stream does not serve is answered by an error. */
export function methods<T extends types.StreamTypes>(stream: types.StreamBase<T>): types.StreamMethods<T> {
  return stream as unknown as types.StreamMethods<T>
}
