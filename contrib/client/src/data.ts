// What is sent and what comes back: the exported schema, and requests with their answers.

// The exported schema ----------------------------------------------------------------------------------------------------

export type FieldKind =
  | "string" | "integer" | "number" | "boolean" | "decimal" | "bigint" | "date" | "datetime" | "time" | "duration"
  | "binary" | "json" | "object" | "list"

/** What the client needs to know of a stream at run time. */
export interface StreamInfo {
  /** A kind that this client does not know is compared as text. */
  readonly fields: Readonly<Record<string, FieldKind | (string & {})>>
  readonly verbs: readonly string[]
  readonly orders: readonly string[]
  /** `idempotent`: takes an idempotency key, so that it may be sent again. */
  readonly actions: Readonly<Record<string, { readonly object: boolean; readonly read: boolean; readonly idempotent?: boolean }>>
  readonly events: readonly string[]
  /** The order of a list that asks for none. */
  readonly order?: readonly string[]
}

/** A stream's types, as the exported file has them for each stream. */
export interface StreamTypes {
  id: any
  row: any
  create: any
  update: any
  filters: any
  order: any
  verbs: any
  actions: any
  events: any
}

/** The types of a schema that was not exported: everything goes. */
export interface AnyStream extends StreamTypes {
  id: string | number
  row: any
  verbs: Verb
  order: string
  filters: Record<string, unknown>
  actions: Record<string, ActionTypes>
  events: Record<string, any>
}

export interface ActionTypes {
  on: "object" | "stream"
  read: boolean
  params: any
  result: any
}

/** A schema: a type with a `StreamTypes` for each name of a stream. */
export type SchemaTypes<S> = { [K in keyof S]: StreamTypes }

/** The exported `schema` constant. `types` is for the compiler alone. */
export interface SchemaInfo<S> {
  readonly version: string
  readonly streams: { readonly [K in keyof S]: StreamInfo }
  readonly types?: S
}

export type Verb =
  | "retrieve" | "list" | "search" | "create" | "update" | "save" | "delete" | "schema" | "subscribe" | "unsubscribe"

// Requests ---------------------------------------------------------------------------------------------------------------

export interface RequestOptions {
  signal?: AbortSignal
  /** Milliseconds; `Infinity` waits for ever. */
  timeout?: number
}

export interface WriteOptions<Shown = Record<string, unknown>> extends RequestOptions {
  /** Show the write at once in all live views, and take it back if it is refused. An object names what to show instead of the
   * fields sent: for nested rows, or what the server computes. */
  optimistic?: boolean | Partial<Shown>
  /** The client makes one for each write by itself. */
  idempotencyKey?: string
}

export interface ListParams<T extends StreamTypes = AnyStream> {
  filters?: T["filters"]
  order?: T["order"] | readonly T["order"][]
  query?: string
}

export interface LiveListParams<T extends StreamTypes = AnyStream> extends ListParams<T> {
  limit?: number
}

export interface PageParams<T extends StreamTypes = AnyStream> extends ListParams<T> {
  page?: number
  limit?: number
  /** `false`: the answer's `count` is null, which saves a query. */
  count?: boolean
}

export interface CursorParams<T extends StreamTypes = AnyStream> extends ListParams<T> {
  /** `null` for the first page, then `next` or `previous` of an answer. */
  after: string | null
  limit?: number
}

export interface Page<Row> {
  page: number
  limit: number
  count: number | null
  rows: Row[]
}

export interface CursorPage<Row> {
  limit: number
  rows: Row[]
  next: string | null
  previous: string | null
}

export interface Listing<Row> {
  count: number
  rows: Row[]
  truncated: boolean
}

export interface Written<Id> {
  success: true
  id: Id
}

export interface WrittenMany<Id> {
  success: true
  ids: Id[]
}

/** A part of JSON Schema, as the `schema` verb answers it. */
export interface JsonSchema {
  type?: string | string[]
  title?: string
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  readOnly?: boolean
  enum?: unknown[]
  [key: string]: unknown
}

/** What the user may read and write of a stream. `fields` and what follows are missing of a stream without a model. */
export interface StreamDescription {
  stream: string
  verbs: string[]
  actions: Record<string, { read: boolean; object: boolean; help: string; params: JsonSchema }>
  fields?: JsonSchema
  create?: JsonSchema
  update?: JsonSchema
  filters?: Record<string, JsonSchema>
  orders?: string[]
  search?: boolean
  page_size?: number
  max_page_size?: number
  list_limit?: number
}
