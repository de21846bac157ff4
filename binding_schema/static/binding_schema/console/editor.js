// The request: made in a form or written as JSON, and sent by WebSocket or HTTP.

import { Copying } from "./copying.js";
import { byId, el, newId } from "./dom.js";
import { Form } from "./form.js";
import { pretty } from "./json.js";
import { Options } from "./options.js";
import { isRefused, parts } from "./session.js";

export class Editor {
  node;
  #verb;
  #stream;
  #app;
  #form;
  #options;
  #copying;
  #text = el("textarea", { id: newId("json"), class: "frame", rows: "14", spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
  #problem = el("p", { class: "alert", role: "alert", hidden: true });
  #modes = {};
  #send = el("button", { type: "submit" }, "Send");
  #by = el("span", { class: "note" });
  #told = el("span", { class: "told" });

  /** `app` is {session, wire, panes, settings, config, ids, reload}; `verb` an item of verbs.js. */
  constructor(app, stream, schema, verb) {
    this.#app = app;
    this.#stream = stream;
    this.#verb = verb;
    this.#form = new Form(verb.fields, schema, app.ids.of(stream), () => this.#changed());
    this.#options = new Options(verb, () => this.#changed());
    if (verb.kind === "live") this.#options.hash = app.panes.nextHash();
    this.#copying = new Copying(() => this.#checked(), () => this.#place());
    this.#text.addEventListener("input", () => this.#changed());
    this.node = this.#build(schema);
    this.mode = app.settings.mode;
    this.changedState();
  }

  #build(schema) {
    const name = newId("mode");
    const modes = ["form", "json"].map((mode) => {
      const box = el("input", { type: "radio", name, onchange: () => this.#turn(mode) });
      this.#modes[mode] = box;
      return el("label", {}, box, mode === "form" ? "Form" : "JSON");
    });
    const fillable = ["update", "save"].includes(this.#verb.name) && schema.verbs.includes("retrieve");
    const fill = el("button", { type: "button", class: "quiet small", onclick: () => this.#load() }, "Fill in the object's values");
    const json = el("div", { class: "json-editor" }, el("label", { for: this.#text.id }, "Frame, or an array of frames"), this.#text);
    const send = el("div", { class: "send" }, this.#send, this.#by, this.#told, el("kbd", {}, "Ctrl+Enter"));
    return el(
      "form",
      { class: "request", onsubmit: (event) => this.#submit(event), onkeydown: (event) => this.#key(event) },
      el("div", { class: "modes" }, el("div", { class: "segments", role: "radiogroup", "aria-label": "Write the request as" }, modes), fillable && fill),
      this.#form.node,
      this.#options.node,
      json,
      this.#problem,
      send,
      this.#copying.node,
    );
  }

  get mode() {
    return this.#modes.json.checked ? "json" : "form";
  }

  set mode(mode) {
    this.#modes[mode].checked = true;
    this.node.dataset.mode = mode;
    if (mode === "json") this.#text.value = pretty(this.#made());
  }

  /** The frame as the form and the options say. Raises Error where a field does not fit. */
  #made() {
    const hash = this.#options.hash;
    const frame = { event: `${this.#stream}.${this.#verb.name}${hash && `#${hash}`}`, data: this.#form.value() };
    const meta = this.#options.meta;
    return Object.keys(meta).length ? { ...frame, meta } : frame;
  }

  /** {text, frame} to send. Raises Error. */
  #request() {
    if (this.mode === "form") {
      const frame = this.#made();
      return { frame, text: JSON.stringify(frame) };
    }
    try {
      return { frame: JSON.parse(this.#text.value), text: this.#text.value };
    } catch (problem) {
      this.#text.setAttribute("aria-invalid", "true");
      throw new Error(`This is not JSON: ${problem.message}`);
    }
  }

  #checked() {
    const { frame } = this.#request();
    const events = [frame].flat().map((one) => one?.event);
    if (!events.length || !events.every((event) => parts(event).verb)) throw new Error('a frame needs "event": "<stream>.<verb>".');
    return frame;
  }

  #turn(mode) {
    this.#tell("");
    try {
      if (mode === "json") {
        this.#text.value = pretty(this.#made());
      } else {
        const left = this.show(JSON.parse(this.#text.value));
        if (left.length) this.#tell(`The form cannot show ${left.join(", ")}: as a form, the request goes without.`);
      }
      this.node.dataset.mode = mode;
      this.#app.settings.mode = mode;
    } catch (problem) {
      this.#modes[mode === "json" ? "form" : "json"].checked = true;
      this.#tell(problem.message);
    }
    this.#changed();
  }

  /** Puts a frame into the form; returns the names of what has no place there. */
  show(frame) {
    if (Array.isArray(frame)) throw new Error("A form holds one frame, not several.");
    const { stream, verb, hash } = parts(frame?.event);
    if (stream !== this.#stream || verb !== this.#verb.name) throw new Error(`This form is for ${this.#stream}.${this.#verb.name}.`);
    const left = this.#form.fill(frame.data ?? {});
    return this.#options.fill({ hash, meta: frame.meta }) ? left : [...left, "meta"];
  }

  /** Puts data into the form, and nothing else with it. */
  fill(data) {
    const left = this.#form.fill(data);
    this.mode = left.length ? "json" : this.mode;
    if (left.length) this.#text.value = pretty({ ...this.#made(), data });
    this.#changed();
  }

  /** Puts a text into the JSON editor as it is. */
  showText(text) {
    this.mode = "json";
    this.#text.value = text;
    this.#changed();
  }

  async #load() {
    try {
      const { id } = this.#form.value();
      if (id === undefined) throw new Error("Give the id first.");
      const row = await this.#app.session.ask(`${this.#stream}.retrieve`, { id });
      // Written are keys where nested objects are read.
      const plain = (value) => (Array.isArray(value) ? value.map(plain) : (value?.id ?? value));
      this.#form.fill(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])), false);
      this.#tell("");
    } catch (problem) {
      this.#tell(problem.message);
    }
  }

  #key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  async #submit(event) {
    event.preventDefault();
    this.#tell("");
    this.#told.textContent = "";
    let request;
    try {
      request = this.#request();
    } catch (problem) {
      this.#tell(problem.message);
      return;
    }
    const { frame, text } = request;
    const isLive = !Array.isArray(frame) && parts(frame?.event).verb === "subscribe";
    const via = isLive ? "websocket" : this.#app.settings.via();
    if (via === "websocket" && !this.#app.wire.isOpen) {
      this.#tell(isLive ? "A subscription needs the WebSocket, which is not connected." : "The WebSocket is not connected: connect it, or send by HTTP.");
      return;
    }
    const at = Date.now();
    const answer = await (isLive ? this.#app.panes.open(text, frame) : this.#app.session.send(text, via));
    if (isLive && this.mode === "form") this.#options.hash = this.#app.panes.nextHash();
    this.#answered(answer, Date.now() - at);
  }

  #answered(answer, ms) {
    const isBad = answer === null || [answer].flat().some(isRefused);
    this.#told.textContent = `${isBad ? (answer ? "Refused" : "Not answered") : "Answered"} in ${ms} ms`;
    this.#told.classList.toggle("bad", isBad);
    if (!answer || Array.isArray(answer)) return;
    const left = this.#form.showErrors(isRefused(answer) ? answer.data.errors : {});
    if (this.mode === "json" && isRefused(answer)) {
      this.#tell(answer.data.message ?? `Refused: ${JSON.stringify(answer.data.errors)}`);
    } else {
      this.#tell([answer.event === "error" && answer.data.message, ...left].filter(Boolean).join(" "));
    }
  }

  #tell(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = !text;
  }

  #changed() {
    this.#text.removeAttribute("aria-invalid");
    this.#copying?.refresh();
  }

  #place() {
    const http = new URL(this.#app.config.root, window.location.href).href;
    return { ws: this.#app.wire.url, http, isObject: this.#verb.object === true };
  }

  /** The connection or the way to send has changed. */
  changedState() {
    const isLive = this.#verb.kind === "live";
    const via = isLive ? "websocket" : this.#app.settings.via();
    this.#by.textContent = via === "http" ? "by HTTP" : this.#app.wire.isOpen ? "by WebSocket" : "by WebSocket, which is not connected";
    this.#send.textContent = isLive ? "Subscribe" : "Send";
    byId("by").value = this.#app.settings.via();
  }
}
