import { Emitter } from "./emitter.js"
import { errorOf, type BindingSchemaError } from "./errors.js"
import { split, type Frame } from "./frame.js"
import { Interest, type SubscriptionPort, type Wanted } from "./subscription.js"

/** All subscriptions of a client, by hash, and the listeners of custom events. */
export class Subscriptions {
  readonly #interests = new Map<string, Interest>()
  readonly #listeners = new Map<string, Emitter<[any]>>()
  readonly #port: SubscriptionPort
  readonly #report: (error: unknown) => void
  #number = 0

  constructor(
    port: SubscriptionPort,
    report: (error: unknown) => void,
  ) {
    this.#port = port
    this.#report = report
  }

  open(wanted: Wanted): Interest {
    const hash = `s${++this.#number}`
    const interest = new Interest(hash, wanted, this.#port, this.#report, () => this.#interests.delete(hash))
    this.#interests.set(hash, interest)
    return interest
  }

  on(event: string, listener: (data: any) => void): () => void {
    let emitter = this.#listeners.get(event)
    if (!emitter) this.#listeners.set(event, (emitter = new Emitter(this.#report)))
    return emitter.add(listener)
  }

  up(): void {
    for (const interest of [...this.#interests.values()]) interest.ask()
  }

  lost(): void {
    for (const interest of [...this.#interests.values()]) interest.lost()
  }

  ended(hash: string): void {
    this.#interests.get(hash)?.ended()
  }

  refused(error: BindingSchemaError): void {
    for (const interest of [...this.#interests.values()]) interest.refused(error)
  }

  close(): void {
    for (const interest of [...this.#interests.values()]) interest.unsubscribe()
  }

  /** What is of no interest here is ignored: a late frame of a subscription that was ended, or an event of a newer server. */
  take({ event, data, meta }: Frame): void {
    if (event === "error") {
      const interest = this.#interests.get(split(String(data.event ?? "")).hash)
      if (interest) interest.failed(data)
      else if (!data.event) this.#report(errorOf({ ...data, code: String(data.code) }))
      return
    }
    const { verb, hash } = split(event)
    const interest = this.#interests.get(hash)
    interest?.hear(verb, data, meta)
    if (!hash) this.#listeners.get(event)?.emit(data)
  }
}
