import { useEffect, useSyncExternalStore } from "react"
import type { RowChange } from "@binding-schema/client"
import type { Ticket } from "./api"
import { statusName, whatChanged } from "./words"

/** Long enough to be found by an eye that was elsewhere. */
const FRESH = 6_000
const WAIT = 1_500
const SETTLED = 1_000

export interface Note {
  /** What others did: "status Pending". */
  text: string
  at: number
}

interface Place {
  query: string
  ids: ReadonlySet<number>
}

/**
 * What others changed: a note on each ticket for a moment, and seldom one sentence for a screen reader. One's own
 * changes are no news.
 */
class News {
  #tickets = new Map<number, Ticket>()
  #notes = new Map<number, Note>()
  #told = new Map<number, number>()
  #places = new Map<string, Place>()
  #changes = new Map<number, "changed" | "gone">()
  #sentence = ""
  #timer = 0
  readonly #listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  note(id: number): Note | undefined {
    return this.#notes.get(id)
  }

  sentence(): string {
    return this.#sentence
  }

  /** A ticket that this user is about to delete or to move away. */
  mine(id: number): void {
    this.#tickets.delete(id)
  }

  /** A place of the page shows these now. `isFull`: there is more than it shows, so what goes may only be pushed out. */
  seen(place: string, query: string, rows: readonly Ticket[], changed: ReadonlyMap<number, RowChange>, isFull: boolean): void {
    const ids = new Set(rows.map(({ id }) => id))
    const before = this.#places.get(place)
    this.#places.set(place, { query, ids })
    for (const row of rows) this.#look(row, changed.get(row.id))
    if (before === undefined || before.query !== query || isFull) return
    for (const id of before.ids) if (!ids.has(id)) this.#collect(id, "gone")
  }

  /** A place is not there any more. */
  forget(place: string): void {
    this.#places.delete(place)
  }

  #look(row: Ticket, change: RowChange | undefined): void {
    const before = this.#tickets.get(row.id)
    if (change === undefined || change.at <= (this.#told.get(row.id) ?? 0)) return this.#settle(before, row)
    this.#tickets.set(row.id, row)
    this.#told.set(row.id, change.at)
    if (change.own || before === row) return
    const text = before === undefined ? "new here" : whatChanged(before, row)
    // A frame may say what is known already.
    if (text === "") return
    this.#notes.set(row.id, { text, at: change.at })
    window.setTimeout(() => this.#expire(row.id, change.at), FRESH)
    this.#collect(row.id, "changed")
    this.#emit()
  }

  /** A row may be here a moment before its change is told here. What nobody tells of is nothing to tell of later. */
  #settle(before: Ticket | undefined, row: Ticket): void {
    if (before === row) return
    if (before === undefined) this.#tickets.set(row.id, row)
    else window.setTimeout(() => this.#tickets.get(row.id) === before && this.#tickets.set(row.id, row), SETTLED)
  }

  #expire(id: number, at: number): void {
    if (this.#notes.get(id)?.at !== at) return
    this.#notes.delete(id)
    this.#emit()
  }

  #collect(id: number, what: "changed" | "gone"): void {
    // A move is a ticket that comes and a ticket that goes, in either order: what comes says more.
    if (what === "changed" || !this.#changes.has(id)) this.#changes.set(id, what)
    // Not started again by each change, or a busy board would never speak.
    this.#timer ||= window.setTimeout(() => this.#say(), WAIT)
  }

  #say(): void {
    this.#timer = 0
    const isShown = (id: number) => [...this.#places.values()].some(({ ids }) => ids.has(id))
    const told = [...this.#changes].filter(([id, what]) => this.#tickets.has(id) && (what === "changed" || !isShown(id)))
    this.#changes.clear()
    const [first] = told
    if (first === undefined) return
    this.#sentence = told.length === 1 ? this.#one(...first) : `${told.length} tickets were changed.`
    for (const [id, what] of told) if (what === "gone") this.#tickets.delete(id)
    this.#emit()
  }

  #one(id: number, what: "changed" | "gone"): string {
    const ticket = this.#tickets.get(id)
    if (ticket === undefined) return ""
    if (what === "gone") return `“${ticket.title}” left the board.`
    return `“${ticket.title}” was changed; it is ${statusName(ticket.status)}.`
  }

  #emit(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

export const news = new News()

export function useNote(id: number): Note | undefined {
  return useSyncExternalStore(news.subscribe, () => news.note(id))
}

export function useSentence(): string {
  return useSyncExternalStore(news.subscribe, () => news.sentence())
}

/** Tells the news what a place of the page shows. */
export function useSeen(
  place: string,
  query: string,
  list: { status: string; stale: boolean; rows: readonly Ticket[]; changed: ReadonlyMap<number, RowChange> },
  isFull: boolean,
): void {
  const { status, stale, rows, changed } = list
  useEffect(() => {
    if (status === "ready" && !stale) news.seen(place, query, rows, changed, isFull)
  }, [place, query, status, stale, rows, changed, isFull])
  useEffect(() => () => news.forget(place), [place])
}
