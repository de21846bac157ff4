// What goes with a request beside its data: hash, `meta.subscribe` and `meta.idempotency_key`.

import { el, newId } from "./dom.js";

const FOLLOWED = new Set(["retrieve", "list", "search", "create", "update", "save"]);
const key = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Options {
  node;
  #hash = el("input", { id: newId("option"), autocomplete: "off", spellcheck: "false", maxlength: "64" });
  #follow = el("input", { type: "checkbox" });
  #key = el("input", { id: newId("option"), autocomplete: "off", spellcheck: "false", maxlength: "100" });
  #verb;

  constructor(verb, changed) {
    this.#verb = verb;
    this.#follow.checked = true;
    const isBuiltInWrite = ["create", "update", "save", "delete"].includes(verb.name);
    this.hasKey = verb.kind === "write";
    this.hasFollow = FOLLOWED.has(verb.name);
    const fresh = () => {
      this.#key.value = key();
      changed();
    };
    const word = "Sent again under the same key, it takes effect once.";
    this.node = el(
      "details",
      { class: "options", oninput: changed },
      el("summary", {}, "Options"),
      el("div", { class: "field" }, el("label", { for: this.#hash.id }, "hash"), this.#hash,
        el("p", { class: "note" }, "Comes back with the answer, and names the interest.")),
      this.hasFollow && el("div", { class: "field" }, el("label", { class: "line" }, this.#follow, "Follow what is answered"),
        el("p", { class: "note" }, "Changes of it are told by themselves. Off: meta.subscribe is false.")),
      this.hasKey && el("div", { class: "field" }, el("label", { for: this.#key.id }, "idempotency key"),
        el("div", { class: "beside" }, this.#key, el("button", { type: "button", class: "quiet small", onclick: fresh }, "New")),
        el("p", { class: "note" }, isBuiltInWrite ? word : `${word} Not for asynchronous actions.`)),
    );
  }

  get hash() {
    return this.#hash.value.trim();
  }

  set hash(value) {
    this.#hash.value = value;
  }

  get meta() {
    const meta = {};
    if (this.hasFollow && !this.#follow.checked) meta.subscribe = false;
    if (this.hasKey && this.#key.value) meta.idempotency_key = this.#key.value;
    return meta;
  }

  /** Shows what a frame has; returns whether all of it has a place here. */
  fill({ hash, meta = {} }) {
    this.#hash.value = hash;
    this.#follow.checked = meta.subscribe !== false;
    this.#key.value = meta.idempotency_key ?? "";
    return Object.keys(meta).every((name) => (name === "subscribe" ? this.hasFollow : name === "idempotency_key" && this.hasKey));
  }
}
