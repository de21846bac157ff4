// The log of frames: the newest on top, each with its time, duration and size, and its JSON to open and close.

import { announce, bytes, clock, copy, el } from "./dom.js";
import { tree } from "./json.js";
import { isRefused } from "./session.js";

const MOST = 200;

const eventOf = (frame) => {
  if (Array.isArray(frame)) return `${frame.length} frames`;
  return frame?.event === "error" ? (frame.data?.event ?? "") : String(frame?.event ?? "");
};

const isFailure = (frame) => [frame].flat().some(isRefused);

/** [class, word] of an entry: what it is, in a word. */
function kind({ way, frame, note }) {
  if (way === "sent") return ["sent", "Sent"];
  if (note || frame === undefined) return ["failed", "Failed"];
  const refused = [frame].flat().filter(isRefused);
  if (refused.length) return ["failed", refused[0].event === "error" ? `Error ${refused[0].data?.code ?? ""}` : "Refused"];
  if (way === "answer") return ["answer", "Answer"];
  return ["told", frame?.meta?.cause ? `Live ${frame.meta.cause}` : "Live"];
}

export class Log {
  #list;
  #filter;
  #again;
  #count;

  /** `again(text)` puts a frame that was sent back into the editor. */
  constructor({ list, filter, clear, count }, again) {
    this.#list = list;
    this.#filter = filter;
    this.#count = count;
    this.#again = again;
    filter.addEventListener("input", () => [...list.children].forEach((entry) => this.#sift(entry)));
    clear.addEventListener("click", () => {
      list.replaceChildren();
      this.#tell();
    });
  }

  add(entry) {
    const [class_, word] = kind(entry);
    const event = eventOf(entry.frame);
    const facts = [
      entry.status && el("span", { title: "HTTP status" }, `HTTP ${entry.status}`),
      entry.ms !== undefined && el("span", { title: "since the request" }, `${entry.ms} ms`),
      el("span", { title: "size of the text" }, bytes(entry.size)),
      el("span", { title: "by" }, entry.via === "http" ? "HTTP" : "WS"),
      el("time", { datetime: entry.at.toISOString() }, clock(entry.at)),
    ];
    const body = el("div", { class: "body" });
    const fill = () => body.childElementCount || body.append(...this.#body(entry));
    const details = el(
      "details",
      { ontoggle: () => details.open && fill() },
      el("summary", {}, el("strong", {}, word), el("span", { class: "event" }, event), el("span", { class: "facts" }, facts)),
      body,
    );
    details.open = entry.way === "answer";
    if (details.open) fill();
    const item = el("li", { class: `entry ${class_}`, "data-text": `${word} ${event}`.toLowerCase() }, details);
    this.#sift(item);
    this.#list.prepend(item);
    while (this.#list.children.length > MOST) this.#list.lastElementChild.remove();
    this.#tell();
    if (entry.way !== "sent") announce([word, event, entry.ms !== undefined && `${entry.ms} ms`].filter(Boolean).join(", "));
  }

  #body(entry) {
    const shown = entry.frame === undefined ? el("pre", {}, entry.note ?? entry.text) : tree(entry.frame, isFailure(entry.frame) ? 6 : 3);
    const copied = async ({ currentTarget }) => {
      const done = await copy(entry.text, shown);
      currentTarget?.blur?.();
      announce(done ? "The frame is copied." : "The frame is selected: copy it with the keyboard.");
    };
    return [
      shown,
      el(
        "p",
        { class: "tools" },
        el("button", { type: "button", class: "quiet small", onclick: copied }, "Copy frame"),
        entry.way === "sent" &&
          el("button", { type: "button", class: "quiet small", onclick: () => this.#again(entry.text) }, "Edit again"),
      ),
    ];
  }

  #sift(entry) {
    entry.hidden = !entry.dataset.text.includes(this.#filter.value.trim().toLowerCase());
  }

  #tell() {
    this.#count.textContent = String(this.#list.children.length);
  }
}
