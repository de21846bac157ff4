// What the page holds: the rows of each subscription, kept as the server's frames say.

const RETRY = 3_000;
// Reasons of a resync after which the server sends no snapshot, because it dropped the subscription.
const DROPPED = new Set(["forbidden", "failed"]);

/**
 * A live list, or with `{id}` a live object. Each change is an event "change" whose detail is `{kind, row, id, cause, own}`:
 * kind is "all" (a snapshot came), "row" or "gone"; `own` says that this page asked for the change.
 * A subscription that cannot be had is an event "problem" with the RequestError.
 */
export class Subscription extends EventTarget {
  rows = new Map();
  /** Whether the rows are those of the query; not yet, before the first answer and while another one is asked for. */
  isCurrent = false;
  #connection;
  #query;
  #seq = "";
  #busy = false;
  #again = false;
  #ended = false;

  constructor(connection, stream, hash, query) {
    super();
    this.#connection = connection;
    this.#query = query;
    Object.assign(this, { stream, hash, name: `${stream}#${hash}` });
  }

  /** Ask. In two steps, so that listeners are there before the first answer. */
  start() {
    this.#connection.attach(this);
    return this;
  }

  /** Another query under the same hash: the server replaces the old one. */
  change(query) {
    this.#query = query;
    this.isCurrent = false;
    this.#subscribe();
  }

  end() {
    this.#ended = true;
    this.#connection.detach(this);
  }

  // For the connection --------------------------------------------------------------------------------------------------

  resume() {
    this.#subscribe();
  }

  receive(verb, data, meta) {
    // Of this subscription only, not of the page: frames of another one may not have come yet. It is missing while more
    // frames about the same moment follow.
    if (meta.seq > this.#seq) this.#seq = meta.seq;
    if ("id" in this.#query && verb !== "resync") this.isCurrent = true;
    const { cause, ref } = meta;
    if (verb === "retrieve") {
      // A frame may come twice, and say what is known: then nothing has changed for who looks at it.
      if (JSON.stringify(this.rows.get(data.id)) === JSON.stringify(data)) return;
      this.rows.set(data.id, data);
      this.#tell({ kind: "row", row: data, id: data.id, cause, own: Boolean(ref) });
    } else if (verb === "delete") {
      const row = this.rows.get(data.id);
      if (this.rows.delete(data.id)) this.#tell({ kind: "gone", row, id: data.id, cause, own: Boolean(ref) });
    } else if (verb === "list") {
      this.#replace(data.rows);
    } else if (verb === "resync") {
      // Until the snapshot has come, there is nothing that could be resumed.
      this.isCurrent = false;
      if (DROPPED.has(data.reason)) setTimeout(() => this.#subscribe(), RETRY);
    }
  }

  // Asking --------------------------------------------------------------------------------------------------------------

  async #subscribe() {
    // One at a time: replies to two requests of one name could not be told apart, and come in any order.
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    const query = this.#query;
    try {
      await this.#ask(query);
    } catch (error) {
      this.#failed(error, query);
    } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        this.#subscribe();
      }
    }
  }

  async #ask(query) {
    if (this.#ended) return;
    const resumes = this.isCurrent && this.#seq !== "";
    const have = "id" in query ? {} : { have: [...this.rows.keys()] };
    const data = resumes ? { ...query, since: this.#seq, ...have } : { ...query, snapshot: true };
    const frame = await this.#connection.ask(`${this.stream}.subscribe#${this.hash}`, data);
    if (query !== this.#query || this.#ended) return;
    this.#seq = frame.meta?.seq ?? this.#seq;
    // A resumed one holds its rows already; what it missed follows in frames.
    if (resumes) return;
    const { success, ...answer } = frame.data;
    this.#replace("id" in query ? [answer] : answer.rows);
  }

  #failed(error, query) {
    if (error.code === "disconnected" || query !== this.#query || this.#ended) return;
    this.isCurrent = false;
    if (error.code === "not_found" && "id" in query) {
      const row = this.rows.get(query.id);
      this.rows.clear();
      this.#tell({ kind: "gone", row, id: query.id, cause: "leave", own: false });
      return;
    }
    this.dispatchEvent(new CustomEvent("problem", { detail: error }));
    setTimeout(() => this.#subscribe(), RETRY);
  }

  #replace(rows) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.isCurrent = true;
    this.#tell({ kind: "all" });
  }

  #tell(detail) {
    if (!this.#ended) this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}
