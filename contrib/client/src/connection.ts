import { Emitter } from "./emitter.js"
import { backoff, every, isOnline, watch } from "./environment.js"
import { errorOf, type BindingSchemaError } from "./errors.js"
import type { Frame } from "./frame.js"
import { LOST, type Link, type LinkHandlers } from "./link.js"
import type { Connection, ConnectionSnapshot, ConnectionState, TransportName } from "./types.js"

/** What the connection tells to those who use it. */
export interface Sink {
  /** Frames may be sent from now on. */
  up(): void
  frame(frame: Frame): void
  ended(hash: string): void
  /** What was sent and not answered is lost. */
  lost(code: number): void
  /** The server does not want this client: there will be no other attempt. */
  refused(error: BindingSchemaError): void
}

export interface ConnectionSettings {
  min: number
  max: number
  heartbeat: number
  /** The transports that there are, the preferred one first. */
  transports: readonly TransportName[]
  token: string | (() => string | Promise<string>) | undefined
  open(transport: TransportName, token: string | undefined, handlers: LinkHandlers): Link | Promise<Link>
  /** Whether nobody waits for an answer. */
  isIdle(): boolean
  report(error: unknown): void
}

/** Milliseconds. */
const TICK = 5_000
const ASLEEP = 10_000
const ANSWER = 5_000
const OPENING = 15_000
const FIRST_PROBE = 60_000
const LAST_PROBE = 600_000
/** Attempts that end without a frame before another transport is tried: at first, and once WebSockets were seen to work. */
const DOUBTS = 2
const DOUBTS_AFTER_SUCCESS = 5

const REASONS: Record<number, string> = {
  4401: "unauthenticated", 4403: "forbidden", 4408: "timeout", 4413: "too_large", 4429: "rate_limited", 1012: "restart",
} // prettier-ignore

/** Keeps a link to the server: chooses the transport, connects again, finds out whether a quiet link still lives. */
export class ConnectionManager implements Connection {
  #snapshot: ConnectionSnapshot = { state: "connecting", transport: null }
  readonly #changed: Emitter
  #link: Link | null = null
  #isUp = false
  #isOver = false
  #wasLive = false
  #wasSocketLive = false
  /** Attempts in a row without success: of any kind, and of WebSockets without a frame. */
  #failures = 0
  #doubts = 0
  /** A new token was asked for since the server was last content. */
  #renewed = false
  #turn = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #prober: ReturnType<typeof setTimeout> | undefined
  #probeAfter = FIRST_PROBE
  #heardAt = 0
  #tickedAt = Date.now()
  #lastToken: string | undefined
  readonly #stops: (() => void)[]

  /** To be set before anything happens: in the turn in which it is made. */
  sink!: Sink

  readonly #settings: ConnectionSettings

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.#changed = new Emitter(settings.report)
    this.#stops = [
      every(TICK, () => this.#tick()),
      watch({
        online: () => this.check(true),
        offline: () => this.check(),
        visible: () => Date.now() - this.#heardAt > ANSWER && this.check(),
      }),
    ]
    // So that what is registered in the same turn is there when the first frame may be sent.
    queueMicrotask(() => this.#attempt())
  }

  // The public part ------------------------------------------------------------------------------------------------------

  get state(): ConnectionState {
    return this.#snapshot.state
  }

  get reason(): string | undefined {
    return this.#snapshot.reason
  }

  get transport(): TransportName | null {
    return this.#snapshot.transport
  }

  get(): ConnectionSnapshot {
    return this.#snapshot
  }

  subscribe(listener: () => void): () => void {
    return this.#changed.add(listener)
  }

  reconnect(): void {
    if (this.#isOver) return
    this.#failures = this.#doubts = 0
    this.#renewed = false
    this.#drop(LOST)
    void this.#attempt()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stop of this.#stops) stop()
    this.#drop(1000)
    this.#set("closed")
  }

  // For the client -------------------------------------------------------------------------------------------------------

  /** Why nothing will be answered: closed by the user, or refused by the server. */
  refusal(): BindingSchemaError | null {
    if (this.state !== "closed") return null
    const code = this.#isOver ? "disconnected" : (this.reason ?? "disconnected")
    return errorOf({ code, message: `The connection is closed: ${code}.` })
  }

  get canSend(): boolean {
    return this.#isUp
  }

  send(frame: Frame): void {
    this.#link?.send(frame)
  }

  /** Whether the link lives: if nothing is heard in time, it is dropped. While there is none, connect at once. */
  check(afresh = false): void {
    if (afresh) this.#failures = 0
    if (this.#isOver || this.state === "closed") return
    if (this.#retry !== undefined) return void this.#attempt()
    if (!this.#isUp || this.#deadline !== undefined) return
    this.#link!.ping()
    this.#expect(ANSWER)
  }

  /** The token is over: connect with a new one. False if there is none to be had. */
  renew(): boolean {
    const can = this.#canRenew
    if (can) this.#down(4401, "")
    return can
  }

  get #canRenew(): boolean {
    return typeof this.#settings.token === "function" && !this.#renewed
  }

  // Connecting -----------------------------------------------------------------------------------------------------------

  async #attempt(): Promise<void> {
    this.#stopTimers()
    const turn = ++this.#turn
    this.#set(this.#wasLive || this.#failures ? "reconnecting" : "connecting")
    const handlers = this.#handlers(turn)
    try {
      const { token } = this.#settings
      this.#lastToken = typeof token === "function" ? await token() : token
      if (turn !== this.#turn || this.#isOver) return
      const name = this.#choose()
      this.#expect(OPENING)
      const link = await this.#settings.open(name, this.#lastToken, handlers)
      if (turn !== this.#turn) link.close()
      else this.#link = link
    } catch (error) {
      handlers.down(LOST, String(error))
    }
  }

  #choose(): TransportName {
    const [first, second] = this.#settings.transports
    const limit = this.#wasSocketLive ? DOUBTS_AFTER_SUCCESS : DOUBTS
    return second && this.#doubts >= limit ? second : first!
  }

  /** A link that was dropped may still tell something: only the present one is listened to. */
  #handlers(turn: number): LinkHandlers {
    const ours = <Args extends unknown[]>(run: (...args: Args) => void) => (...args: Args) => {
      if (turn === this.#turn) run(...args)
    }
    return {
      up: ours(() => this.#up()),
      heard: ours(() => this.#heard()),
      frame: ours((frame) => this.sink.frame(frame)),
      ended: ours((hash) => this.sink.ended(hash)),
      down: ours((code, reason) => this.#down(code, reason)),
    }
  }

  #up(): void {
    this.#isUp = true
    // A WebSocket that is refused opens first. So it is not called live before a frame came, and asked for one.
    if (this.#link!.name === "sse") this.#heard()
    else this.#link!.ping()
    this.sink.up()
  }

  #heard(): void {
    this.#heardAt = Date.now()
    if (!this.#isUp) return
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    if (this.state === "live") return
    const { name } = this.#link!
    this.#failures = 0
    this.#wasLive = true
    this.#renewed = false
    if (name === "websocket") {
      this.#wasSocketLive = true
      this.#doubts = 0
      this.#probeAfter = FIRST_PROBE
    } else if (this.#settings.transports[0] === "websocket") this.#probeLater()
    this.#set("live", undefined, name)
  }

  // Losing ---------------------------------------------------------------------------------------------------------------

  #down(code: number, words: string): void {
    const wasLive = this.state === "live"
    const name = this.#link?.name
    this.#drop(code)
    if (this.#isOver) return
    const reason = REASONS[code] ?? (words || undefined)
    if (name === "sse") this.#doubts = 0
    else if (!wasLive && code !== 4401 && code !== 4403) this.#doubts++
    if (code === 4401 || code === 4403) {
      if (!this.#canRenew) return this.#refuse(reason!)
      this.#renewed = true
      return void this.#attempt()
    }
    const { min, max } = this.#settings
    const pause = backoff(this.#failures++, code === 4429 ? min * 20 : min, code === 4429 ? max * 2 : max)
    this.#retry = setTimeout(() => void this.#attempt(), pause)
    this.#set("reconnecting", reason)
  }

  #refuse(code: string): void {
    this.#set("closed", code)
    this.sink.refused(this.refusal()!)
  }

  /** Let go of the link and of all that waits for it. */
  #drop(code: number): void {
    this.#turn++
    this.#stopTimers()
    const link = this.#link
    const isUp = this.#isUp
    this.#link = null
    this.#isUp = false
    link?.close()
    if (isUp) this.sink.lost(code)
  }

  #stopTimers(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#deadline)
    clearTimeout(this.#prober)
    this.#retry = this.#deadline = this.#prober = undefined
  }

  #expect(milliseconds: number): void {
    const turn = this.#turn
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => turn === this.#turn && this.#down(LOST, "no answer"), milliseconds)
  }

  /** Timers do not run while a computer sleeps: one that comes far too late means that it slept. */
  #tick(): void {
    const now = Date.now()
    const slept = now - this.#tickedAt > TICK + ASLEEP
    this.#tickedAt = now
    if (slept) this.check(true)
    else if (this.#settings.heartbeat && this.#isUp && now - this.#heardAt >= this.#settings.heartbeat) this.check()
  }

  /** While HTTP serves, see now and then whether WebSockets have come to work. */
  #probeLater(): void {
    this.#prober = setTimeout(async () => {
      this.#probeAfter = Math.min(this.#probeAfter * 2, LAST_PROBE)
      this.#probeLater()
      const turn = this.#turn
      const nothing = () => undefined
      const heard = () => {
        trial.close()
        if (turn === this.#turn && this.#settings.isIdle()) this.reconnect()
      }
      const handlers = { up: () => trial.ping(), heard, down: nothing, frame: nothing, ended: nothing }
      const trial = await this.#settings.open("websocket", this.#lastToken, handlers)
    }, this.#probeAfter)
  }

  #set(state: ConnectionState, reason?: string, transport: TransportName | null = null): void {
    if (state === "reconnecting" && !isOnline()) state = "offline"
    const snapshot = this.#snapshot
    if (snapshot.state === state && snapshot.reason === reason && snapshot.transport === transport) return
    this.#snapshot = { state, reason, transport }
    this.#changed.emit()
  }
}
