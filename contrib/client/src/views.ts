import { matches } from "./match.js"
import { orderOf, type Compare } from "./order.js"
import { keyOf } from "./store.js"
import type { Handlers } from "./subscription.js"
import type { Change, ListSnapshot, ObjectSnapshot, PageSnapshot } from "./types.js"
import { LiveView } from "./view.js"

/** Milliseconds in which changes are collected before the server is asked for the rows, or their number, again. */
const PAUSE = 200
/** Milliseconds between the questions for a page that cannot be followed. */
const POLL = 10_000

export class ObjectView extends LiveView<ObjectSnapshot<any>> {
  protected override readonly kind = "object"
  readonly #key = keyOf(this.params.id)

  protected override concerns(key: string): boolean {
    return key === this.#key
  }

  protected override handlers(): Handlers {
    return {
      onRows: ([row]) => this.#put(row),
      onChange: (row, change) => this.#put(row, change),
      onDelete: (id, change) => {
        this.status = "missing"
        this.lose(id, change)
      },
    }
  }

  #put(row: any, change?: Change): void {
    this.status = "ready"
    this.error = undefined
    this.take(row, change)
  }

  protected override build(): ObjectSnapshot<any> {
    const row = this.status === "ready" ? this.port.store.row(this.#key) : undefined
    const status = this.status === "ready" && !row ? "missing" : this.status
    return {
      status,
      ...this.common([this.#key]),
      row,
      change: [...this.changed.values()].at(-1),
    }
  }
}

/** Rows in their order. The server's frames do not say where a row stands: it is compared with the others, if that comes out as
 * in the server's own answers, and otherwise the server is asked. */
abstract class RowsView<Value> extends LiveView<Value> {
  /** In the order of the last answer; what came since stands at the end. */
  protected keys: string[] = []
  #compare: Compare | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  protected override concerns(): boolean {
    return true
  }

  protected override handlers(): Handlers {
    return {
      onRows: (rows, info) => {
        this.#replace(rows)
        this.answered(info)
      },
      onChange: (row, change) => {
        const key = keyOf(row.id)
        const isNew = !this.held.has(key)
        if (isNew) this.keys = [...this.keys, key]
        this.take(row, change)
        if (!this.#compare || (isNew && this.countsAll())) this.askAgain()
      },
      onDelete: (id, change) => {
        this.keys = this.keys.filter((key) => key !== keyOf(id))
        this.lose(id, change)
        if (this.countsAll()) this.askAgain()
      },
    }
  }

  protected abstract answered(info: { truncated: boolean; answer: Record<string, any> }): void
  /** Whether the view tells of rows that it does not hold, whose number may have changed as well. */
  protected abstract countsAll(): boolean

  #replace(rows: any[]): void {
    this.status = "ready"
    this.error = undefined
    this.#compare = orderOf(rows, this.params.order, this.port.store.info)
    this.keys = rows.map((row) => keyOf(row.id))
    const present = new Set(this.keys)
    for (const key of [...this.held]) if (!present.has(key)) this.letGo(key)
    for (const row of rows) this.take(row)
    this.invalidate()
  }

  protected askAgain(pause = PAUSE): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.interest && this.refresh(), pause)
  }

  /** The rows as they are to be shown: with what is written optimistically, which may enter, leave and move. */
  protected visible(): { rows: any[]; keys: string[] } {
    const { store } = this.port
    const overlaid = this.status === "ready" ? store.overlaid() : new Set<string>()
    const found: { key: string; row: any }[] = []
    for (const key of new Set([...this.keys, ...overlaid])) {
      const row = store.row(key)
      if (row && this.#isShown(key, row, overlaid)) found.push({ key, row })
    }
    const compare = this.#compare
    if (compare) found.sort((a, b) => compare(a.row, b.row))
    const shown = this.params.limit === undefined ? found : found.slice(0, this.params.limit)
    return { rows: shown.map(({ row }) => row), keys: shown.map(({ key }) => key) }
  }

  #isShown(key: string, row: any, overlaid: Set<string>): boolean {
    const isHeld = this.held.has(key)
    if (!overlaid.has(key)) return isHeld
    const verdict = matches(row, this.params.filters, this.port.store.info)
    // Where only the server can tell, a row stays where it is.
    return isHeld ? verdict !== false : verdict === true && !this.params.query && this.takesMore()
  }

  protected override common(keys: string[]) {
    const status = this.status === "missing" ? ("error" as const) : this.status
    return { ...super.common(keys), status, changed: this.changed }
  }

  /** Whether a row that is not held may be shown. */
  protected abstract takesMore(): boolean
}

export class ListView extends RowsView<ListSnapshot<any>> {
  protected override readonly kind = "list"
  #truncated = false

  protected override answered({ truncated }: { truncated: boolean }): void {
    this.#truncated = truncated
  }

  protected override countsAll(): boolean {
    return false
  }

  protected override takesMore(): boolean {
    return true
  }

  protected override build(): ListSnapshot<any> {
    const { rows, keys } = this.visible()
    return { ...this.common(keys), rows, count: rows.length, truncated: this.#truncated }
  }
}

export class PageView extends RowsView<PageSnapshot<any>> {
  protected override readonly kind = "search"
  #count: number | null = null
  #limit: number = this.params.limit ?? 0
  readonly #page: number = this.params.page ?? 1

  /** A snapshot after `resync` has the rows of the page, and nothing else. */
  protected override answered({ answer }: { answer: Record<string, any> }): void {
    if (!("page" in answer)) return this.refresh()
    this.#count = typeof answer.count === "number" ? answer.count : null
    this.#limit = answer.limit
    if (this.port.mustPoll()) this.askAgain(POLL)
  }

  protected override countsAll(): boolean {
    return true
  }

  /** A new row stands on one page only. */
  protected override takesMore(): boolean {
    return this.#page === 1 && (this.#count ?? 0) <= this.keys.length
  }

  protected override build(): PageSnapshot<any> {
    const { rows, keys } = this.visible()
    return { ...this.common(keys), rows, page: this.#page, limit: this.#limit, count: this.#count }
  }
}
