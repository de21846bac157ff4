// The live panes: one for each subscription. A frame's stream and hash say whose it is.

import { Pane } from "./pane.js";
import { isRefused, parts } from "./session.js";

const BUILT_IN = new Set(["retrieve", "list", "delete", "resync", "search", "create", "update", "save", "schema", "error"]);
/** As many ids as a `subscribe` may name. */
const MAX_HAVE = 1000;

const keyOf = ({ stream, hash }) => `${stream}#${hash}`;

export class Panes {
  #panes = new Map();
  #session;
  #wire;
  #grid;
  #empty;
  #count;
  #number = 0;

  constructor({ grid, empty, count }, session, wire) {
    this.#grid = grid;
    this.#empty = empty;
    this.#count = count;
    this.#session = session;
    this.#wire = wire;
    session.addEventListener("frame", ({ detail }) => detail.way === "live" && this.#heard(detail.frame));
    wire.addEventListener("down", () => this.#panes.forEach((pane) => pane.disconnected()));
    wire.addEventListener("state", () => wire.isOpen && this.#resume());
  }

  /** A hash that no pane of this page has. */
  nextHash() {
    return `pane${this.#number + 1}`;
  }

  /** Sends a `subscribe` and shows what comes of it. */
  async open(text, frame) {
    const name = parts(frame.event);
    this.#number += 1;
    const pane = new Pane(frame, name, {
      unsubscribe: () => this.#unsubscribe(pane),
      resume: () => this.#subscribe(pane, this.#request(pane)),
      close: () => this.#forget(pane),
    });
    const before = this.#panes.get(keyOf(name));
    if (before) before.node.replaceWith(pane.node);
    else this.#grid.append(pane.node);
    this.#panes.set(keyOf(name), pane);
    this.#tell();
    return this.#subscribe(pane, text);
  }

  async #subscribe(pane, text) {
    const isResume = JSON.parse(text).data?.since !== undefined;
    pane.asked(isResume);
    const answer = await this.#session.send(text, "websocket");
    if (answer === null) pane.disconnected();
    // A stream without rows cannot go on from a point; and a point may be too old. Then it begins anew.
    else if (isResume && isRefused(answer)) return this.#subscribe(pane, JSON.stringify(pane.frame));
    else pane.answered(answer, isRefused(answer), isResume);
    return answer;
  }

  async #unsubscribe(pane) {
    if (this.#wire.isOpen) {
      const { stream, hash } = pane.name;
      const data = !hash && pane.isObject ? { id: pane.frame.data.id } : {};
      const event = `${stream}.unsubscribe${hash && `#${hash}`}`;
      await this.#session.send(JSON.stringify({ event, data }), "websocket");
    }
    pane.ended("Unsubscribed");
  }

  #forget(pane) {
    if (this.#panes.get(keyOf(pane.name)) === pane) this.#panes.delete(keyOf(pane.name));
    pane.node.remove();
    this.#tell();
  }

  #resume() {
    for (const pane of this.#panes.values()) {
      if (pane.state === "disconnected") this.#subscribe(pane, this.#request(pane));
    }
  }

  /** The subscription again: from where it stood, if that is known and not too much to say. */
  #request({ frame, held, isObject }) {
    const { snapshot: _, since: __, have: ___, ...data } = frame.data ?? {};
    const ids = [...held.rows.keys()];
    if (!held.seq || ids.length > MAX_HAVE) return JSON.stringify(frame);
    return JSON.stringify({ ...frame, data: { ...data, since: held.seq, ...(!isObject && { have: ids }) } });
  }

  #heard(frame) {
    // What is no frame of the protocol is in the log, and nowhere else.
    if (!frame?.data || typeof frame.data !== "object") return;
    const name = parts(frame?.event);
    const pane = this.#panes.get(keyOf(name));
    if (BUILT_IN.has(name.verb)) pane?.heard(frame, name.verb);
    else this.#panes.forEach((one) => one.name.stream === name.stream && one.event(frame, name.verb));
  }

  #tell() {
    const count = this.#grid.childElementCount;
    this.#count.textContent = String(count);
    this.#empty.hidden = count > 0;
    document.body.classList.toggle("has-panes", count > 0);
  }
}
