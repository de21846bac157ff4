/**
 * Where the keyboard is among the cards. A card that is taken out of the page takes the focus with it: it goes back to
 * the card, if that only went elsewhere by one's own hand, or to the one that takes its place.
 */
class Focus {
  #at: { id: number; lane: string; index: number } | null = null
  #follows: number | null = null

  /** A card has the focus now. */
  on(id: number, lane: string, index: number): void {
    this.#at = { id, lane, index }
  }

  off(): void {
    this.#at = null
  }

  /** The user moves this card: the focus goes with it. */
  follow(id: number): void {
    this.#follows = id
  }

  /** After a drawing. */
  restore(): void {
    if (this.#at === null || document.activeElement !== document.body) return
    const { id, lane, index } = this.#at
    const card = button(`[data-ticket="${id}"]`)
    const isThere = card !== null && (this.#follows === id || card.closest(`[data-status="${lane}"]`) !== null)
    if (isThere) {
      this.#follows = null
      card.focus({ preventScroll: true })
      card.closest(".ticket")?.scrollIntoView({ block: "nearest" })
      return
    }
    if (this.#follows === id) return
    const rest = document.querySelectorAll<HTMLElement>(`[data-status="${lane}"] .ticket-title`)
    const next = rest[Math.min(index, rest.length - 1)] ?? document.querySelector<HTMLElement>(`#lane-${lane}`)
    next?.focus({ preventScroll: true })
  }

  /** After a dialog: to the ticket's card, or to where it was. */
  backTo(id: number): void {
    if (document.activeElement !== document.body) return
    const first = document.querySelector<HTMLElement>(".chosen .ticket-title") ?? document.querySelector<HTMLElement>(".lane h2")
    const next = button(`[data-ticket="${id}"]`) ?? first
    next?.focus()
  }
}

function button(selector: string): HTMLElement | null {
  return document.querySelector(`${selector} .ticket-title`)
}

export const focus = new Focus()
