// What goes to the server and comes back, by WebSocket or HTTP: answers are matched with what was asked.

import { sizeOf } from "./dom.js";

const NAME = /^(?<stream>\w+(?:\.\w+)*)\.(?<verb>\w+)(?:#(?<hash>[\w.:-]+))?$/;

/** {stream, verb, hash} of an event; empty texts for what is none. */
export function parts(event) {
  const found = NAME.exec(String(event ?? ""))?.groups;
  return { stream: found?.stream ?? "", verb: found?.verb ?? "", hash: found?.hash ?? "" };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isRefused = (frame) => frame?.event === "error" || frame?.data?.success === false;

/** `frame` events carry {way: "sent" | "answer" | "live", frame, text, at, via, size, ms?, status?, note?}. */
export class Session extends EventTarget {
  #pending = [];
  #wire;
  #config;
  #token;

  constructor(wire, config, token) {
    super();
    this.#wire = wire;
    this.#config = config;
    this.#token = token;
    wire.addEventListener("message", ({ detail }) => this.#received(detail));
    wire.addEventListener("down", () => this.#lost());
  }

  /** Sends a text as it is: JavaScript would round long numbers. Resolves to the answer (of a batch: the answers), or null. */
  async send(text, via) {
    const frame = parsed(text);
    const at = new Date();
    this.#tell({ way: "sent", frame, text, at, via, size: sizeOf(text) });
    return via === "http" ? this.#post(text, at) : this.#transmit(frame, text, at);
  }

  #transmit(frame, text, at) {
    const answers = [frame].flat().map(
      (one) => new Promise((resolve) => this.#pending.push({ event: String(one?.event ?? ""), at, resolve })),
    );
    this.#wire.send(text);
    return Array.isArray(frame) ? Promise.all(answers) : answers[0];
  }

  async #post(text, sentAt) {
    let response, body;
    try {
      response = await this.fetch("", { method: "POST", body: text });
      body = await response.text();
    } catch (problem) {
      this.#tell({ way: "answer", text: "", at: new Date(), via: "http", size: 0, note: `No answer: ${problem.message}` });
      return null;
    }
    const at = new Date();
    const frame = parsed(body);
    const more = { at, via: "http", size: sizeOf(body), ms: at - sentAt, status: response.status };
    this.#tell({ way: "answer", frame, text: body, ...more });
    return frame ?? null;
  }

  /** A request to a path below the root, with what the API asks of this page. */
  fetch(path, options = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": this.#config.csrf };
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    const token = this.#token();
    if (token) headers.Authorization = `Bearer ${token}`;
    return fetch(this.#config.root + path, { credentials: "same-origin", ...options, headers });
  }

  /** Asks for one answer without a word in the log. Raises Error with the server's message. */
  async ask(event, data = {}) {
    const body = JSON.stringify({ event, data, meta: { subscribe: false } });
    const response = await this.fetch("", { method: "POST", body });
    const answer = await response.json();
    if (answer.event === "error") throw new Error(answer.data.message);
    return answer.data;
  }

  async streams() {
    const response = await this.fetch("");
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.data?.message ?? response.statusText), { status: response.status });
    return answer.streams;
  }

  #received(text) {
    const frame = parsed(text);
    const at = new Date();
    const asked = this.#match(frame);
    const entry = { way: asked ? "answer" : "live", frame, text, at, via: "websocket", size: sizeOf(text) };
    if (asked) entry.ms = at - asked.at;
    this.#tell(entry);
    asked?.resolve(frame);
  }

  /** The request that a frame answers. What has a cause is told, not asked for. */
  #match(frame) {
    if (frame?.meta?.cause) return undefined;
    const event = frame?.event === "error" ? frame.data?.event : frame?.event;
    let index = this.#pending.findIndex((asked) => asked.event === event);
    // What is no frame at all is answered without an event.
    if (index < 0 && frame?.event === "error" && !event && this.#pending.length) index = 0;
    return index < 0 ? undefined : this.#pending.splice(index, 1)[0];
  }

  #lost() {
    const lost = this.#pending.splice(0);
    for (const { event, resolve } of lost) {
      const note = `No answer to ${event}: the connection was lost.`;
      this.#tell({ way: "answer", text: "", at: new Date(), via: "websocket", size: 0, note });
      resolve(null);
    }
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("frame", { detail }));
  }
}
