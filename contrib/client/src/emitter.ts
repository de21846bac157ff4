/** Listeners that are told that something changed. One that throws does not keep the others from being told. */
export class Emitter<Args extends unknown[] = []> {
  readonly #listeners = new Set<(...args: Args) => void>()

  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  get size(): number {
    return this.#listeners.size
  }

  /** Each call adds one, also of the same function. */
  add(listener: (...args: Args) => void): () => void {
    const own = (...args: Args) => listener(...args)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  emit(...args: Args): void {
    for (const listener of [...this.#listeners]) guarded(this.#report, () => listener(...args))
  }
}

/** Run code of others: what it throws is reported. */
export function guarded(report: (error: unknown) => void, run: () => void): void {
  try {
    run()
  } catch (error) {
    report(error)
  }
}
