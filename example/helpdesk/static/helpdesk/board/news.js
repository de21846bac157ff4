// Says to a screen reader what others changed: seldom, and many changes in one sentence.

const WAIT = 1_500;

export class News {
  #changes = new Map();
  #timer = 0;

  /** `place` is an element with aria-live. */
  constructor(place, statuses) {
    this.place = place;
    this.statuses = statuses;
  }

  note({ kind, row, own }) {
    if (kind === "all" || own || !row) return;
    // A move is a row that comes and a row that goes, in either order: what comes says more.
    if (kind === "row" || !this.#changes.has(row.id)) this.#changes.set(row.id, { kind, row });
    // Not started again by each change, or a busy board would never speak.
    this.#timer ||= setTimeout(() => this.#say(), WAIT);
  }

  #say() {
    this.#timer = 0;
    const [{ kind, row }] = this.#changes.values();
    const count = this.#changes.size;
    const one = kind === "gone" ? `“${row.title}” left the board.` : `“${row.title}” was changed; it is ${this.statuses[row.status]}.`;
    this.place.textContent = count === 1 ? one : `${count} tickets were changed.`;
    this.#changes.clear();
  }
}
