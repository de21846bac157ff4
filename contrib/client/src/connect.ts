import { ConnectionManager, type ConnectionSettings } from "./connection.js"
import { absolute } from "./environment.js"
import { BindingSchemaError, errorOf } from "./errors.js"
import { openSocket, type LinkHandlers } from "./link.js"
import { Requests } from "./requests.js"
import { encode, parse, split } from "./frame.js"
import { StreamHandle, type Core } from "./stream.js"
import { Subscriptions } from "./subscriptions.js"
import type { Api, AuthOptions, ConnectOptions, SchemaTypes, StreamInfo, TransportName, WebSocketClass } from "./types.js"

const UNKNOWN: StreamInfo = { fields: {}, verbs: [], orders: [], actions: {}, events: [] }

/** Connect to a server, now; what is asked before there is a connection waits for it. Throws a TypeError for options that cannot
 * work: a path as the address outside of a page, or no transport. */
export function connect<S extends SchemaTypes<S>>(options: ConnectOptions<S>): Api<S>
export function connect<S extends SchemaTypes<S>>(url: string, options: ConnectOptions<S>): Api<S>
export function connect<S extends SchemaTypes<S>>(first: string | ConnectOptions<S>, second?: ConnectOptions<S>): Api<S> {
  const options = typeof first === "string" ? { ...second!, url: first } : first
  const report = reporter(options)
  const streams = new Map<string, StreamHandle>()
  const connection: ConnectionManager = new ConnectionManager(settingsOf(options, report, () => requests.isIdle))
  const requests = new Requests(connection, options.timeout ?? 30_000)
  const subscriptions = new Subscriptions(connection, report)
  connection.sink = {
    up: () => (subscriptions.up(), requests.up()),
    frame: (frame) => void (requests.take(frame) || subscriptions.take(frame)),
    ended: (hash) => subscriptions.ended(hash),
    lost: (code) => (subscriptions.lost(), requests.lost(code)),
    refused: (error) => (requests.refused(error), subscriptions.refused(error)),
  }
  const core: Core = {
    requests,
    subscriptions,
    idempotent: options.idempotent ?? true,
    mustPoll: () => connection.transport === "sse",
    report,
  }
  const stream = (name: string) => {
    const infos: Record<string, StreamInfo> = options.schema.streams
    let handle = streams.get(name)
    if (!handle) streams.set(name, (handle = new StreamHandle(core, name, infos[name] ?? UNKNOWN)))
    return handle
  }
  const api: Record<string, any> = {}
  for (const name of Object.keys(options.schema.streams).sort()) place(api, name, stream(name))
  const close = () => {
    subscriptions.close()
    connection.close()
    requests.refused(connection.refusal()!)
  }
  return Object.assign(api, { connection, schema: options.schema, stream, close }) as unknown as Api<S>
}

/** `helpdesk.Ticket` as `api.helpdesk.Ticket`. */
function place(api: Record<string, any>, name: string, handle: StreamHandle): void {
  const parts = name.split(".")
  const last = parts.pop()!
  let node = api
  for (const part of parts) node = node[part] ??= {}
  // A stream whose name begins with another's stays reachable by `api.stream`.
  node[last] ??= handle
}

function reporter<S extends SchemaTypes<S>>({ onError }: ConnectOptions<S>): (error: unknown) => void {
  return (thrown) => {
    const error =
      thrown instanceof BindingSchemaError ? thrown : errorOf({ code: "internal", message: String(thrown) }, { cause: thrown })
    if (onError) onError(error)
    else console.error(error)
  }
}

function settingsOf<S extends SchemaTypes<S>>(
  options: ConnectOptions<S>,
  report: (error: unknown) => void,
  isIdle: () => boolean,
): ConnectionSettings {
  const { auth = {}, backoff = {}, heartbeat = 25_000, schema } = options
  const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketClass | undefined)
  // Not a method of something else: a browser's `fetch` wants its own `this`.
  const request = options.fetch ?? globalThis.fetch?.bind(globalThis)
  const transports = transportsOf(options.transport ?? "auto", Socket, request)
  const url = absolute(options.url ?? "/ws/", "ws")
  const root = absolute(options.http ?? "/api/", "http", url).replace(/\/?$/, "/")
  const anyStream = Object.keys(schema.streams)[0] ?? "any"
  const socket = (token: string | undefined, handlers: LinkHandlers) => openSocket(url, token, anyStream, Socket!, handlers)
  return {
    min: backoff.min ?? 500,
    max: backoff.max ?? 30_000,
    heartbeat,
    transports,
    token: auth.token,
    report,
    async open(transport, token, handlers) {
      if (transport === "websocket") return socket(token, handlers)
      const { credentials = "same-origin" } = options
      // Most pages never need it.
      const { HttpLink } = await import("./sse.js")
      return new HttpLink({ codec: { encode, parse, split }, root, token, csrf: csrfOf(auth), fetch: request!, credentials }, handlers)
    },
    isIdle,
  }
}

function transportsOf(
  wanted: "auto" | TransportName,
  Socket: WebSocketClass | undefined,
  request: typeof fetch | undefined,
): TransportName[] {
  const found: TransportName[] = []
  if (Socket && wanted !== "sse") found.push("websocket")
  if (request && wanted !== "websocket") found.push("sse")
  if (!found.length) throw new TypeError("No WebSocket class here: give one as the option `WebSocket`.")
  return found
}

/** Django's own name of the cookie. */
function csrfOf({ csrf }: AuthOptions): () => string | undefined {
  return csrf ?? (() => /(?:^|;\s*)csrftoken=([^;]*)/.exec(globalThis.document?.cookie ?? "")?.[1])
}
