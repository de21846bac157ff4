import { errorOf, type BindingSchemaError } from "./errors.js"
import { encode, split, type Frame } from "./frame.js"
import type { RequestOptions } from "./types.js"

export interface RequestPort {
  readonly canSend: boolean
  send(frame: Frame): void
  check(): void
  /** Get a new token and connect again; false if there is none. */
  renew(): boolean
  refusal(): BindingSchemaError | null
}

export interface Asked extends RequestOptions {
  /** It may be sent again where nobody knows whether it arrived: a read, or a write with an idempotency key. */
  safe: boolean
}

const MOST_TRIES = 6

interface Pending {
  frame: Frame
  safe: boolean
  sent: boolean
  renewed: boolean
  tries: number
  resolve(data: any): void
  reject(error: BindingSchemaError): void
}

/** Requests and their answers, matched by event and hash, across connections. */
export class Requests {
  readonly #pending = new Map<string, Pending>()
  readonly #port: RequestPort
  readonly #timeout: number
  #number = 0

  constructor(
    port: RequestPort,
    timeout: number,
  ) {
    this.#port = port
    this.#timeout = timeout
  }

  get isIdle(): boolean {
    return this.#pending.size === 0
  }

  /** A name for a request, that its answer and the frames that it causes carry. */
  event(stream: string, verb: string): string {
    return `${stream}.${verb}#r${++this.#number}`
  }

  ask(frame: Frame, { safe, signal, timeout = this.#timeout }: Asked): Promise<any> {
    const { event } = frame
    const refusal = signal?.aborted ? abortion(event, signal) : this.#port.refusal()
    if (refusal) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", abort)
        this.#pending.delete(event)
      }
      const request: Pending = {
        frame,
        safe,
        sent: false,
        renewed: false,
        tries: 0,
        resolve: (data) => (end(), resolve(data)),
        reject: (error) => (end(), reject(error)),
      }
      const abort = () => request.reject(abortion(event, signal!))
      const late = () => {
        const message = request.sent ? "No answer in time." : "No connection: it was not sent."
        request.reject(errorOf({ code: "timeout", message, event }))
        this.#port.check()
      }
      // Timers take 31 bits; what is longer is for ever.
      const timer = timeout < 2 ** 31 ? setTimeout(late, timeout) : undefined
      signal?.addEventListener("abort", abort)
      this.#pending.set(event, request)
      if (this.#port.canSend) this.#send(request)
    })
  }

  /** A connection: send what was not sent yet, or may be sent again. */
  up(): void {
    for (const request of this.#pending.values()) if (!request.sent) this.#send(request)
  }

  /** The connection is lost, with a WebSocket's close code. */
  lost(code: number): void {
    if (code === 4413 || code === 1009) this.#tooLarge()
    for (const [event, request] of [...this.#pending]) {
      if (!request.sent) continue
      request.sent = false
      if (request.safe) continue
      const message = "Lost before the answer: it may have taken effect, or not."
      request.reject(errorOf({ code: "disconnected", message, event }))
    }
  }

  refused(error: BindingSchemaError): void {
    for (const request of [...this.#pending.values()]) request.reject(error)
  }

  /** Whether the frame answers a request. */
  take({ event, data }: Frame): boolean {
    if (event !== "error") {
      const request = this.#pending.get(event)
      if (request) answer(request, data)
      return request !== undefined || split(event).hash.startsWith("r")
    }
    if (data.event === undefined || data.event === "") return data.code === "too_large" && this.#tooLarge(data.message)
    const request = this.#pending.get(data.event)
    if (request) this.#fail(request, data)
    return request !== undefined
  }

  #fail(request: Pending, data: Frame["data"]): void {
    // The request was not looked at: with a new token it may be sent again, whatever it is.
    if (data.code === "unauthenticated" && !request.renewed) {
      request.renewed = true
      request.sent = false
      if (this.#port.renew()) return
    }
    // Neither was one that came too fast: it is sent again when the server says, as long as it may take.
    if (data.code === "rate_limited" && request.tries++ < MOST_TRIES) {
      request.sent = false
      // Not all at once: whoever was told so together would be told so again.
      const pause = (Number(data.retry_after) || 1) * 1_000 + Math.random() * 250
      setTimeout(() => this.#isWaiting(request) && this.#port.canSend && this.#send(request), pause)
      return
    }
    request.reject(errorOf({ ...data, code: String(data.code) }))
  }

  #isWaiting(request: Pending): boolean {
    return !request.sent && this.#pending.get(request.frame.event) === request
  }

  /** An error that names no request: it can only be the largest one. */
  #tooLarge(message?: string): boolean {
    const size = ({ frame }: Pending) => encode(frame).length
    const [largest] = [...this.#pending.values()].filter((item) => item.sent).sort((a, b) => size(b) - size(a))
    largest?.reject(errorOf({ code: "too_large", message, event: largest.frame.event }))
    return largest !== undefined
  }

  #send(request: Pending): void {
    request.sent = true
    this.#port.send(request.frame)
  }
}

/** A write that was refused for its fields is no answer that anyone asked for. */
function answer(request: Pending, data: Frame["data"]): void {
  if (data.success !== false || !data.errors) return request.resolve(data)
  const first = Object.values(data.errors).flat() as { message?: string }[]
  const message = first[0]?.message ?? "The write was refused."
  request.reject(errorOf({ code: "invalid", message, errors: data.errors, event: request.frame.event }))
}

function abortion(event: string, signal: AbortSignal): BindingSchemaError {
  return errorOf({ code: "aborted", event }, { cause: signal.reason })
}
