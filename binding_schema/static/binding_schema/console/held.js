// What the receiver of one subscription holds: rows kept current by frames, as docs/protocol.md section 4 tells.

/** Rows of one subscription, in the order that it asks for. No DOM here. */
export class Held {
  rows = new Map();
  seq = "";
  frames = 0;
  events = 0;
  last = null;
  /** Ids that the last frame changed, for a flash. */
  touched = null;
  #order;

  constructor(data) {
    this.#order = [data.order ?? []].flat();
  }

  /** The answer to `subscribe`: rows or an object, if a snapshot was asked for. */
  answered(frame) {
    const { success: _, rows, count: __, truncated: ___, ...object } = frame.data;
    if (rows) this.#replace(rows);
    else if ("id" in object) this.#put(object);
    this.#seen(frame);
  }

  /** A live frame of this subscription. Tells whether it has ended by it. */
  heard(frame, verb, isObject) {
    this.frames += 1;
    this.#seen(frame);
    const cause = frame.meta?.cause ?? (verb === "resync" ? `resync (${frame.data.reason})` : "snapshot");
    this.last = { cause, at: new Date(), id: frame.data.id };
    this.touched = frame.data.id ?? null;
    if (verb === "retrieve") this.#put(frame.data);
    if (verb === "list") this.#replace(frame.data.rows ?? []);
    if (verb === "delete") this.rows.delete(frame.data.id);
    if (verb === "delete" && isObject) return true;
    return verb === "resync" && frame.data.reason === "forbidden";
  }

  /** A custom event of the stream. */
  event(frame, verb) {
    this.events += 1;
    this.last = { cause: `event ${verb}`, at: new Date(), data: frame.data };
  }

  /** The rows in order; without one, in that of their coming. */
  sorted() {
    const rows = [...this.rows.values()];
    return this.#order.length ? rows.sort((a, b) => this.#compare(a, b)) : rows;
  }

  #compare(a, b) {
    for (const term of this.#order) {
      const name = term.replace("-", "");
      const [left, right] = [a[name], b[name]];
      if (left === right) continue;
      // Nulls come last, either way.
      if (left === null || left === undefined) return 1;
      if (right === null || right === undefined) return -1;
      return (left < right ? -1 : 1) * (term.startsWith("-") ? -1 : 1);
    }
    return 0;
  }

  #put(row) {
    this.rows.set(row.id, row);
  }

  #replace(rows) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
  }

  #seen(frame) {
    if (frame.meta?.seq) this.seq = frame.meta.seq;
  }
}
