import type * as codec from "./frame.js"
import type { Frame } from "./frame.js"
import type { Link, LinkHandlers } from "./link.js"

// No import but types: this file is loaded by itself, and what it shares with the others would become a third one.
const LOST = 1006

export interface HttpOptions {
  codec: Pick<typeof codec, "encode" | "parse" | "split">
  /** The root of the REST routes, with a slash at its end. */
  root: string
  token: string | undefined
  csrf: () => string | undefined
  fetch: typeof fetch
  credentials: RequestCredentials
}

/** The server sends a line each 15 seconds. */
const SILENCE = 45_000
/** What of an address any server and proxy takes. */
const LONGEST_QUERY = 6_000

const CODES: Record<number, string> = {
  400: "invalid_frame", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 413: "too_large", 414: "too_large",
  429: "rate_limited", 504: "timeout",
} // prettier-ignore

/** REST for requests and one `EventSource`-like stream for each subscription, behind the face of a socket. */
export class HttpLink implements Link {
  readonly name = "sse"
  readonly #streams = new Map<string, AbortController>()
  readonly #all = new AbortController()

  constructor(
    private readonly options: HttpOptions,
    private readonly handlers: LinkHandlers,
  ) {
    setTimeout(() => this.#open())
  }

  send(frame: Frame): void {
    const { verb, hash } = this.options.codec.split(frame.event)
    if (verb === "subscribe") void this.#follow(frame, hash)
    else if (verb === "unsubscribe") {
      this.#streams.get(hash)?.abort()
      this.#streams.delete(hash)
      queueMicrotask(() => this.#tell({ event: frame.event, data: { success: true } }))
    } else void this.#ask(frame)
  }

  ping(): void {
    void this.#fetch("", {}).then((response) => response && this.handlers.heard())
  }

  close(): void {
    this.#all.abort()
    for (const stream of this.#streams.values()) stream.abort()
  }

  async #open(): Promise<void> {
    const response = await this.#fetch("", {})
    if (!response) return
    const { status } = response
    if (status === 401 || status === 403) this.#down(4000 + status, `HTTP ${status}`)
    else if (!response.ok) this.#down(status === 429 ? 4429 : LOST, `HTTP ${status}`)
    else this.handlers.up()
  }

  async #ask(frame: Frame): Promise<void> {
    const response = await this.#fetch("", { method: "POST", body: this.options.codec.encode(frame) }, { "Content-Type": "application/json" })
    if (!response) return
    const reply = await this.#reply(response, frame.event)
    if (reply) this.#tell(reply)
  }

  /** The answer as a frame; null if there is none to be had, which ends the link. */
  async #reply(response: Response, event: string): Promise<Frame | null> {
    let text = ""
    try {
      text = await response.text()
    } catch (error) {
      this.#down(LOST, String(error))
      return null
    }
    const reply = this.options.codec.parse(text)
    // A proxy whose server is away.
    if (!reply && response.status >= 502 && response.status <= 503) {
      this.#down(LOST, `HTTP ${response.status}`)
      return null
    }
    const data = reply?.data ?? { code: CODES[response.status] ?? "internal", message: `HTTP ${response.status}` }
    if (reply && reply.event !== "error") return reply
    return { event: "error", data: { ...data, event: event, status: response.status } }
  }

  async #follow(frame: Frame, hash: string): Promise<void> {
    this.#streams.get(hash)?.abort()
    const stream = new AbortController()
    this.#streams.set(hash, stream)
    const query = queryOf(frame.data)
    if (query === null) return this.#tell(refusal(frame.event))
    const path = `${this.options.codec.split(frame.event).stream}/events/?${query}`
    const response = await this.#fetch(path, { signal: stream.signal }, { Accept: "text/event-stream" })
    if (!response || stream.signal.aborted) return
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      this.#streams.delete(hash)
      const reply = await this.#reply(response, frame.event)
      if (reply) this.#tell(reply.event === "error" ? reply : refusal(frame.event))
      return
    }
    await this.#read(response.body!, hash, stream)
    if (this.#streams.get(hash) !== stream || this.#all.signal.aborted) return
    this.#streams.delete(hash)
    this.handlers.ended(hash)
  }

  /** Tell the frames of an event stream until it ends, for whatever reason. */
  async #read(body: ReadableStream<Uint8Array>, hash: string, stream: AbortController): Promise<void> {
    const reader = body.getReader()
    let watchdog = setTimeout(() => stream.abort(), SILENCE)
    const cancel = () => void reader.cancel().catch(() => undefined)
    stream.signal.addEventListener("abort", cancel)
    const decoder = new TextDecoder()
    let rest = ""
    try {
      for (;;) {
        const { value, done } = await reader.read()
        if (done || stream.signal.aborted) break
        clearTimeout(watchdog)
        watchdog = setTimeout(cancel, SILENCE)
        this.handlers.heard()
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n")
        rest = lines.pop()!
        for (const line of lines) if (line.startsWith("data:")) this.#hear(line.slice(5), hash)
      }
    } catch {
      // Cut: told as an end.
    } finally {
      clearTimeout(watchdog)
      stream.signal.removeEventListener("abort", cancel)
    }
  }

  /** The frames of a stream have no hash: the address is the subscription. */
  #hear(text: string, hash: string): void {
    const frame = this.options.codec.parse(text)
    if (!frame || this.#all.signal.aborted) return
    const isError = frame.event === "error"
    if (isError && frame.data.code === "unauthenticated") return this.#down(4401, "unauthenticated")
    const { verb } = this.options.codec.split(frame.event)
    const isOfSubscription = ["subscribe", "retrieve", "delete", "list", "resync"].includes(verb)
    this.handlers.frame(isOfSubscription ? { ...frame, event: `${frame.event}#${hash}` } : frame)
  }

  #tell(frame: Frame): void {
    if (!this.#all.signal.aborted) this.handlers.frame(frame)
  }

  /** Null where the network failed, which ends the link, or where the request was given up. */
  async #fetch(path: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Response | null> {
    const { root, token, csrf, credentials } = this.options
    if (token) headers.Authorization = `Bearer ${token}`
    const cookie = init.method && !token && csrf()
    if (cookie) headers["X-CSRFToken"] = cookie
    try {
      const response = await this.options.fetch(root + path, {
        signal: this.#all.signal,
        cache: "no-store",
        credentials,
        ...init,
        headers,
      })
      if (this.#all.signal.aborted) return null
      this.handlers.heard()
      return response
    } catch (error) {
      if (!init.signal?.aborted) this.#down(LOST, String(error))
      return null
    }
  }

  #down(code: number, reason: string): void {
    if (this.#all.signal.aborted) return
    this.close()
    this.handlers.down(code, reason)
  }
}

function refusal(event: string): Frame {
  const message = "This subscription cannot be asked for by an address: its filters need a WebSocket."
  return { event: "error", data: { code: "unsupported", message, event } }
}

/** `subscribe`'s data as query parameters; null for filters that parameters cannot say. */
function queryOf({ filters, have, order, ...rest }: Record<string, any>): string | null {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.append(name, String(value))
  if (order !== undefined) query.append("order", [order].flat().join(","))
  for (const [name, value] of Object.entries(filters ?? {})) {
    const values = Array.isArray(value) ? value : [value]
    const isPlain = values.length && values.every((item) => item !== null && typeof item !== "object")
    if (["and", "or", "not"].includes(name) || !isPlain) return null
    for (const item of values) query.append(name, String(item))
  }
  if (have) query.append("have", have.join(","))
  if (have && query.toString().length > LONGEST_QUERY) {
    // More than an address takes: the whole list once more.
    query.delete("have")
    query.delete("since")
    query.append("snapshot", "true")
  }
  return query.toString()
}
