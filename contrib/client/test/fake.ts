import { vi } from "vitest"
import { connect, type AnyStream, type Api, type ConnectOptions, type StreamInfo, type WebSocketClass } from "../src/index.js"

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    return this.all.at(-1)!
  }

  readyState = 0
  sent: any[] = []
  onopen: ((event: any) => void) | null = null
  onmessage: ((event: any) => void) | null = null
  onclose: ((event: any) => void) | null = null
  onerror: ((event: any) => void) | null = null

  constructor(
    readonly url: string,
    readonly protocols?: string[],
  ) {
    FakeSocket.all.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = 3
  }

  // What the server does.

  open(): void {
    this.readyState = 1
    this.onopen?.({})
    this.answer("unsubscribe#ping", { success: true })
  }

  say(event: string, data: any, meta?: any): void {
    this.onmessage?.({ data: JSON.stringify(meta ? { event, data, meta } : { event, data }) })
  }

  /** Answer the last request whose event has this in it. */
  answer(part: string, data: any, meta?: any): void {
    this.say(this.request(part).event, data, meta)
  }

  request(part: string): any {
    const found = [...this.sent].reverse().find(({ event }) => event.includes(part))
    if (!found) throw new Error(`no ${part} among ${JSON.stringify(this.sent)}`)
    return found
  }

  shut(code: number): void {
    this.readyState = 3
    this.onclose?.({ code, reason: "" })
  }
}

const info: StreamInfo = {
  fields: { id: "integer", name: "string", size: "decimal", due: "date", owner: "object", tags: "list" },
  verbs: ["retrieve", "list", "search", "create", "update", "save", "delete"],
  orders: ["id", "name", "size", "due"],
  order: ["id"],
  actions: { ping: { object: false, read: true }, launch: { object: true, read: false } },
  events: ["noise"],
}

export interface Things {
  "app.Thing": AnyStream
}

/** A client of a fake server, with one stream `app.Thing`. */
export function fakeClient(options: Partial<ConnectOptions<Things>> = {}): Api<Things> & { app: { Thing: any } } {
  FakeSocket.all = []
  return connect("ws://server.test/ws/", {
    schema: { version: "1", streams: { "app.Thing": info } },
    WebSocket: FakeSocket as unknown as WebSocketClass,
    transport: "websocket",
    onError: () => undefined,
    ...options,
  }) as never
}

/** Let what was settled be told. */
export const settle = () => vi.advanceTimersByTimeAsync(0)
