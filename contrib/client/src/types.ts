import type {
  StreamInfo,
  StreamTypes,
  AnyStream,
  SchemaTypes,
  SchemaInfo,
  RequestOptions,
  WriteOptions,
  ListParams,
  LiveListParams,
  PageParams,
  CursorParams,
  Page,
  CursorPage,
  Listing,
  Written,
  WrittenMany,
  StreamDescription,
} from "./data.js"
import type { BindingSchemaError } from "./errors.js"

export type * from "./data.js"

// Subscriptions ----------------------------------------------------------------------------------------------------------

export type Cause = "create" | "update" | "enter" | "delete" | "leave"

export interface Change {
  cause: Cause | undefined
  /** The event of this client's own request that made the change. */
  ref: string | undefined
}

export type SubscribeParams<T extends StreamTypes = AnyStream> =
  | { id: T["id"]; snapshot?: boolean }
  | (LiveListParams<T> & { id?: undefined; /** `false`: a feed of what changes from now on. */ snapshot?: boolean })

export interface SubscribeHandlers<T extends StreamTypes = AnyStream> {
  /** All rows: the first answer, and what replaces it where changes cannot be told one by one. */
  onRows?(rows: T["row"][], info: { truncated: boolean }): void
  onChange?(row: T["row"], change: Change): void
  onDelete?(id: T["id"], change: Change): void
  /** Changes were missed; `onRows` follows, except after `forbidden`, which ends the subscription. */
  onResync?(reason: string): void
  /** The subscription has ended. */
  onError?(error: BindingSchemaError): void
}

export interface Subscription {
  /** Settles with the first answer; rejects if it was refused. */
  readonly ready: Promise<void>
  unsubscribe(): void
}

// Live views -------------------------------------------------------------------------------------------------------------

/** Something that changes: what React's `useSyncExternalStore` takes. `get` is the same object until something changes. */
export interface Observable<Value> {
  subscribe(listener: () => void): () => void
  get(): Value
}

interface Snapshot {
  readonly error?: BindingSchemaError
  /** Not followed at the moment, since there is no connection: the rows are those of before. */
  readonly stale: boolean
  /** An optimistic write that is shown waits for its answer. */
  readonly pending: boolean
}

export interface ObjectSnapshot<Row> extends Snapshot {
  readonly status: "loading" | "ready" | "missing" | "error"
  readonly row?: Row
  readonly change?: RowChange
}

export interface RowChange {
  readonly cause: Cause | undefined
  /** This client made the change. */
  readonly own: boolean
  /** `Date.now()` of its coming. */
  readonly at: number
}

export interface ListSnapshot<Row, Id = any> extends Snapshot {
  readonly status: "loading" | "ready" | "error"
  readonly rows: readonly Row[]
  readonly truncated: boolean
  /** The number of `rows`. */
  readonly count: number
  /** The last change of each row that came as a frame. */
  readonly changed: ReadonlyMap<Id, RowChange>
}

export interface PageSnapshot<Row, Id = any> extends Snapshot {
  readonly status: "loading" | "ready" | "error"
  readonly rows: readonly Row[]
  readonly page: number
  readonly limit: number
  /** The number of all rows that match; null if it was not asked for, or is not known yet. */
  readonly count: number | null
  readonly changed: ReadonlyMap<Id, RowChange>
}

/** Followed from the first listener until shortly after the last one. Views of equal parameters are one. */
export interface View<Value> extends Observable<Value> {
  /** Ask for all of it again. */
  refresh(): void
}

export type LiveObject<T extends StreamTypes = AnyStream> = View<ObjectSnapshot<T["row"]>>
export type LiveList<T extends StreamTypes = AnyStream> = View<ListSnapshot<T["row"], T["id"]>>
export type LivePage<T extends StreamTypes = AnyStream> = View<PageSnapshot<T["row"], T["id"]>>

export interface LiveApi<T extends StreamTypes = AnyStream> {
  object(id: T["id"]): LiveObject<T>
  list(params?: LiveListParams<T>): LiveList<T>
  /** One page of a search. */
  search(params?: PageParams<T>): LivePage<T>
}

// A stream ---------------------------------------------------------------------------------------------------------------

/** Every verb, whether the stream serves it or not: what generic code calls. */
export interface StreamMethods<T extends StreamTypes = AnyStream> {
  retrieve(id: T["id"], options?: RequestOptions): Promise<T["row"]>
  retrieveMany(ids: readonly T["id"][], options?: RequestOptions): Promise<{ rows: T["row"][]; missing: T["id"][] }>
  list(params?: ListParams<T>, options?: RequestOptions): Promise<Listing<T["row"]>>
  search(params?: PageParams<T>, options?: RequestOptions): Promise<Page<T["row"]>>
  search(params: CursorParams<T>, options?: RequestOptions): Promise<CursorPage<T["row"]>>
  create(fields: T["create"], options?: WriteOptions<T["row"]>): Promise<Written<T["id"]>>
  update(id: T["id"], fields: T["update"], options?: WriteOptions<T["row"]>): Promise<Written<T["id"]>>
  save(
    fields: T["create"] | ({ id: T["id"] } & T["update"]),
    options?: WriteOptions<T["row"]>,
  ): Promise<Written<T["id"]>>
  saveMany(
    rows: readonly (T["create"] | ({ id: T["id"] } & T["update"]))[],
    options?: WriteOptions<T["row"]>,
  ): Promise<WrittenMany<T["id"]>>
  delete(id: T["id"], options?: WriteOptions<T["row"]>): Promise<Written<T["id"]>>
  deleteMany(ids: readonly T["id"][], options?: WriteOptions<T["row"]>): Promise<WrittenMany<T["id"]>>
  schema(options?: RequestOptions): Promise<StreamDescription>
  subscribe(params: SubscribeParams<T>, handlers: SubscribeHandlers<T>): Subscription
}

interface MethodsOfVerbs {
  retrieve: "retrieve" | "retrieveMany"
  list: "list"
  search: "search"
  create: "create"
  update: "update"
  save: "save" | "saveMany"
  delete: "delete" | "deleteMany"
  schema: "schema"
  subscribe: "subscribe"
}

type MethodNames<V> = V extends keyof MethodsOfVerbs ? MethodsOfVerbs[V] : never

type Optional<P> = {} extends P ? [params?: P, options?: WriteOptions] : [params: P, options?: WriteOptions]

type ActionMethod<Id, A> = A extends { on: "object"; params: infer P; result: infer R }
  ? (id: Id, ...rest: Optional<P>) => Promise<R>
  : A extends { params: infer P; result: infer R }
    ? (...rest: Optional<P>) => Promise<R>
    : never

export type ActionMethods<T extends StreamTypes> = {
  readonly [A in keyof T["actions"]]: ActionMethod<T["id"], T["actions"][A]>
}

/** What every stream has. Generic code takes this, and calls `methods(stream)` for the verbs. */
export interface StreamBase<T extends StreamTypes = AnyStream> {
  readonly name: string
  readonly info: StreamInfo
  readonly live: LiveApi<T>
  /** For the compiler alone. */
  readonly types?: T
  /** Any verb or action, its data as on the wire. */
  request(verb: string, data?: Record<string, unknown>, options?: WriteOptions<T["row"]>): Promise<any>
  /** An action by its name, for one whose name is a method's already; `id` is undefined for one on the stream. */
  action<A extends keyof T["actions"] & string>(
    name: A,
    id: T["id"] | undefined,
    params?: T["actions"][A]["params"],
    options?: WriteOptions<T["row"]>,
  ): Promise<T["actions"][A]["result"]>
  /** Hear a custom event. Events are told to who has an interest in the stream: `subscribe` it, or show a view of it. */
  on<E extends keyof T["events"] & string>(event: E, listener: (data: T["events"][E]) => void): () => void
}

type Reserved = keyof StreamMethods | keyof StreamBase

export type StreamApi<T extends StreamTypes = AnyStream> = StreamBase<T> &
  Pick<StreamMethods<T>, Extract<MethodNames<T["verbs"] | "schema" | "subscribe">, keyof StreamMethods<T>>> &
  Omit<ActionMethods<T>, Reserved>

// The client -------------------------------------------------------------------------------------------------------------

export type ConnectionState = "connecting" | "live" | "reconnecting" | "offline" | "closed"
export type TransportName = "websocket" | "sse"

export interface ConnectionSnapshot {
  readonly state: ConnectionState
  /** Why it is closed, or was lost: a code of the protocol, or words. */
  readonly reason?: string
  readonly transport: TransportName | null
}

export interface Connection extends Observable<ConnectionSnapshot>, ConnectionSnapshot {
  /** Try now, also after `closed` by a refusal. */
  reconnect(): void
}

/** What a stream's name is on the api: `helpdesk.Ticket` is `api.helpdesk.Ticket`. */
type Head<K> = K extends `${infer H}.${string}` ? H : K extends string ? K : never
type Under<K, P extends string> = K extends `${P}${infer Rest}` ? Head<Rest> : never
export type Streams<S extends SchemaTypes<S>, P extends string = ""> = {
  readonly [H in Under<keyof S, P>]: (`${P}${H}` extends keyof S ? StreamApi<S[`${P}${H}`]> : unknown) &
    ([Under<keyof S, `${P}${H}.`>] extends [never] ? unknown : Streams<S, `${P}${H}.`>)
}

export interface Client<S extends SchemaTypes<S>> {
  readonly connection: Connection
  readonly schema: SchemaInfo<S>
  stream<K extends keyof S & string>(name: K): StreamApi<S[K]>
  /** End all subscriptions and the connection, for good. */
  close(): void
}

export type Api<S extends SchemaTypes<S> = Record<string, AnyStream>> = Client<S> & Omit<Streams<S>, keyof Client<S>>

export interface AuthOptions {
  /** Of a bearer token. A function is asked before each connection, and again when the server says that a token is over. */
  token?: string | (() => string | Promise<string>)
  /** Django's CSRF token, for writes over HTTP by a session. By default that of the cookie `csrftoken`. */
  csrf?: () => string | undefined
}

/** The part of the `WebSocket` class that is used: the browser's, Node 22's, or that of the package `ws`. */
export interface WebSocketLike {
  readonly readyState: number
  send(data: string): void
  close(code?: number, reason?: string): void
  onopen: ((event: any) => void) | null
  onmessage: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
}

export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike

export interface ConnectOptions<S extends SchemaTypes<S>> {
  schema: SchemaInfo<S>
  /** Of the WebSocket: `wss://host/ws/`, or a path of the page's own host. Default `/ws/`. */
  url?: string
  /** Of REST and Server-Sent Events. Default `/api/` of the same host. */
  http?: string
  auth?: AuthOptions
  /** Milliseconds that a request may take. Default 30,000. */
  timeout?: number
  /** Milliseconds between attempts to connect: doubled each time, and random by half. Default 500 to 30,000. */
  backoff?: { min?: number; max?: number }
  /** Milliseconds of silence after which the connection is tried. Default 25,000; 0 never does. */
  heartbeat?: number
  /** `auto`: Server-Sent Events and REST where WebSockets fail. */
  transport?: "auto" | TransportName
  /** Give each write an idempotency key, so that it may be sent again. Default true; anonymous users may not use keys. */
  idempotent?: boolean
  WebSocket?: WebSocketClass
  fetch?: typeof fetch
  /** `RequestInit.credentials` of HTTP requests. Default `same-origin`. */
  credentials?: RequestCredentials
  /** Told of what no caller hears of: frames that cannot be read, refused subscriptions of views, handlers that throw. */
  onError?(error: BindingSchemaError): void
}
