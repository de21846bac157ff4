import type { Change, StreamInfo } from "./types.js"

/** A write that is shown before the server's frame says so. */
export interface Overlay {
  key: string
  kind: "patch" | "create" | "remove"
  fields: Record<string, any>
  /** The write's own event, by which its frame is known. */
  event: string
  /** The server has accepted it: what is shown stays until its frame comes, for a short time. */
  isSettled: boolean
  timer?: ReturnType<typeof setTimeout>
}

/** Milliseconds in which the frame of an accepted write is waited for. */
const GRACE = 2_000
/** Milliseconds in which the frames of one moment come. */
const MOMENT = 250

export const keyOf = (id: unknown) => String(id)

/** The rows of one stream that views hold, each of them once, with the optimistic writes over them. */
export class Store {
  readonly #rows = new Map<string, any>()
  readonly #holders = new Map<string, number>()
  readonly #watchers = new Set<(key: string) => void>()
  readonly #overlays = new Set<Overlay>()
  readonly #shown = new Map<string, any>()

  constructor(readonly info: StreamInfo) {}

  /** Told of each key whose row changed, or is shown otherwise. */
  watch(watcher: (key: string) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  retain(key: string): void {
    this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1)
  }

  release(key: string): void {
    const left = (this.#holders.get(key) ?? 1) - 1
    if (left) return void this.#holders.set(key, left)
    this.#holders.delete(key)
    this.#rows.delete(key)
    this.#shown.delete(key)
  }

  /** The server's row. */
  put(row: any, change?: Change): void {
    const key = keyOf(row.id)
    this.#rows.set(key, row)
    this.arrived(key, change)
    this.#touch(key)
  }

  /** The server says that the row is gone for some holder. */
  arrived(key: string, change?: Change): void {
    for (const overlay of [...this.#overlays]) {
      const isItsFrame = change?.ref !== undefined && change.ref === overlay.event
      if (overlay.key !== key || !(overlay.isSettled || isItsFrame)) continue
      // It leaves one list, and the frame by which it enters another comes after: until then it is nowhere else.
      if (change?.cause === "leave") this.#dropIn(overlay, MOMENT)
      else this.drop(overlay)
    }
  }

  base(key: string): any {
    return this.#rows.get(key)
  }

  /** The row as it is to be shown; undefined if there is none. The same object until something changes. */
  row(key: string): any {
    if (!this.#shown.has(key)) this.#shown.set(key, this.#merged(key))
    return this.#shown.get(key)
  }

  isPending(key: string): boolean {
    return [...this.#overlays].some((overlay) => overlay.key === key && !overlay.isSettled)
  }

  /** The keys that are shown otherwise than the server's rows are. */
  overlaid(): Set<string> {
    return new Set([...this.#overlays].map(({ key }) => key))
  }

  add(overlay: Omit<Overlay, "isSettled">): Overlay {
    const added = { ...overlay, isSettled: false }
    this.#overlays.add(added)
    // What is written over a row needs the row.
    if (added.kind === "patch") this.retain(added.key)
    this.#touch(added.key)
    return added
  }

  /** The server accepted the write; `id` is that of a new object. */
  accept(overlay: Overlay, id?: unknown): void {
    if (!this.#overlays.has(overlay)) return
    if (overlay.kind === "create" && id !== undefined) {
      const before = overlay.key
      overlay.key = keyOf(id)
      overlay.fields = { ...overlay.fields, id }
      this.#touch(before)
      if (this.#rows.has(overlay.key)) return this.drop(overlay)
    }
    overlay.isSettled = true
    this.#dropIn(overlay, GRACE)
    this.#touch(overlay.key)
  }

  /** Refused, or told by the server itself. */
  drop(overlay: Overlay): void {
    clearTimeout(overlay.timer)
    if (!this.#overlays.delete(overlay)) return
    if (overlay.kind === "patch") this.release(overlay.key)
    this.#touch(overlay.key)
  }

  #dropIn(overlay: Overlay, milliseconds: number): void {
    clearTimeout(overlay.timer)
    overlay.timer = setTimeout(() => this.drop(overlay), milliseconds)
  }

  /** A nested row with this id, as some row shows it in a field. */
  nested(name: string, id: unknown): any {
    for (const row of this.#rows.values()) {
      const found = [row[name]].flat().find((item) => item && keyOf(item.id) === keyOf(id))
      if (found) return found
    }
  }

  #merged(key: string): any {
    let row = this.#rows.get(key)
    for (const overlay of this.#overlays) {
      if (overlay.key !== key) continue
      if (overlay.kind === "remove") row = undefined
      else if (overlay.kind === "create") row = row ?? overlay.fields
      else if (row) row = { ...row, ...overlay.fields }
    }
    return row
  }

  #touch(key: string): void {
    this.#shown.delete(key)
    for (const watcher of [...this.#watchers]) watcher(key)
  }
}
