import { encode, parse, type Frame } from "./frame.js"
import type { TransportName, WebSocketClass } from "./types.js"

/** A way to the server that is open, or opening. */
export interface Link {
  readonly name: TransportName
  send(frame: Frame): void
  /** Ask for a sign of life: `heard` follows if there is one. */
  ping(): void
  /** After this nothing is told any more. */
  close(): void
}

export interface LinkHandlers {
  /** Frames may be sent. */
  up(): void
  frame(frame: Frame): void
  heard(): void
  /** The subscription with this hash was cut, and the rest was not. */
  ended(hash: string): void
  /** The link is over. `code` is a WebSocket close code. */
  down(code: number, reason: string): void
}

export const LOST = 1006

/** A WebSocket. `stream` is any stream of the server: the ping is a request to it that does nothing. */
export function openSocket(
  url: string,
  token: string | undefined,
  stream: string,
  Socket: WebSocketClass,
  handlers: LinkHandlers,
): Link {
  const socket = token ? new Socket(url, ["binding-schema", `bearer.${token}`]) : new Socket(url)
  const end = (code: number, reason: string) => {
    detach()
    handlers.down(code, reason)
  }
  const detach = () => {
    socket.onopen = socket.onmessage = socket.onclose = null
    // `ws` throws what no listener takes.
    socket.onerror = () => undefined
  }
  socket.onopen = () => handlers.up()
  socket.onmessage = ({ data }) => {
    handlers.heard()
    const frame = parse(data)
    if (frame) handlers.frame(frame)
  }
  socket.onclose = ({ code, reason }) => end(code ?? LOST, String(reason ?? ""))
  // A browser closes after an error, and tells the code then. Node 20's own class tells a failed connection by an error alone.
  socket.onerror = () => void (socket.readyState > 1 && setTimeout(() => socket.onclose?.({ code: LOST })))
  return {
    name: "websocket",
    send: (frame) => void (socket.readyState === 1 && socket.send(encode(frame))),
    ping: () => void (socket.readyState === 1 && socket.send(encode({ event: `${stream}.unsubscribe#ping`, data: {} }))),
    close: () => {
      detach()
      socket.close(1000)
    },
  }
}
