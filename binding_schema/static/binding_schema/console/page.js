// The middle of the page: a stream, its verbs, the request, and what there is to know.

import { byId, el } from "./dom.js";
import { Editor } from "./editor.js";
import { reference } from "./reference.js";
import { groups } from "./verbs.js";

export class Page {
  #host = byId("request");
  #app;
  #schemas = new Map();
  #editor = null;
  #shown = 0;

  constructor(app) {
    this.#app = app;
  }

  /** What the user may see is asked for once, and again after the token has changed. */
  forget() {
    this.#schemas.clear();
  }

  changedState() {
    this.#editor?.changedState();
  }

  async #schema(stream) {
    if (!this.#schemas.has(stream)) this.#schemas.set(stream, this.#app.session.ask(`${stream}.schema`));
    try {
      return await this.#schemas.get(stream);
    } catch (problem) {
      this.#schemas.delete(stream);
      throw problem;
    }
  }

  /** Shows `stream`, with the form for `verb` or for the first one; `data` fills it, `text` goes into the JSON editor. */
  async show(stream, verb, { data, text } = {}) {
    const turn = (this.#shown += 1);
    let schema;
    try {
      schema = await this.#schema(stream);
    } catch (problem) {
      if (turn === this.#shown) this.#fail(stream, problem);
      return;
    }
    if (turn !== this.#shown) return;
    const found = groups(schema, this.#app.config.live);
    const all = found.flatMap((group) => group.verbs);
    const current = all.find(({ name }) => name === verb) ?? all[0];
    document.title = `${stream}${current ? `.${current.name}` : ""} · API console`;
    const content = [el("div", { class: "heading" }, el("h1", { tabindex: "-1" }, stream)), this.#verbs(stream, found, current)];
    if (verb && current?.name !== verb) content.push(el("p", { class: "alert" }, `You may not ask ${stream} for “${verb}”, or it has none.`));
    this.#editor = null;
    if (current) content.push(...this.#request(stream, schema, current, data, text));
    else content.push(el("p", { class: "note" }, "You may do nothing with this stream."));
    content.push(reference(schema));
    this.#replace(content);
  }

  /** A link that was followed from here is gone: the focus goes to the one in its place. */
  #replace(content) {
    const wasHere = this.#host.contains(document.activeElement) && document.activeElement !== this.#host;
    this.#host.replaceChildren(...content);
    this.#host.scrollTop = 0;
    const target = this.#host.querySelector(".verbs [aria-current]") ?? this.#host.querySelector("h1");
    if (wasHere) target?.focus({ preventScroll: true });
  }

  #verbs(stream, found, current) {
    const link = ({ name, kind }) =>
      el("li", {}, el("a", { href: `#${stream}/${name}`, class: kind, "aria-current": name === current.name && "page" }, name));
    return el(
      "nav",
      { class: "verbs", "aria-label": "Verbs" },
      found.map((group) => el("div", { class: "group" }, el("span", {}, group.title), el("ul", {}, group.verbs.map(link)))),
    );
  }

  #request(stream, schema, verb, data, text) {
    this.#editor = new Editor(this.#app, stream, schema, verb);
    if (text !== undefined) this.#editor.showText(text);
    else if (data) this.#editor.fill(data);
    return [el("h2", { class: "verb" }, verb.name), el("p", { class: "lead" }, verb.help), this.#editor.node];
  }

  #fail(stream, problem) {
    this.#editor = null;
    this.#replace([el("h1", { tabindex: "-1" }, stream), el("p", { class: "alert", role: "alert" }, problem.message)]);
  }

  home(count) {
    this.#editor = null;
    const { root } = this.#app.config;
    document.title = "API console";
    const line = (term, text) => el("div", {}, el("dt", {}, term), el("dd", {}, text));
    this.#replace([
      el("h1", { tabindex: "-1" }, "API console"),
      el("p", { class: "lead" }, `${count} ${count === 1 ? "stream" : "streams"}. Choose one to see its fields, to ask it, and to hear of its changes.`),
      el(
        "dl",
        { class: "places" },
        line("WebSocket", el("code", {}, this.#app.wire.url)),
        line("HTTP", el("code", {}, `POST ${new URL(root, window.location.href).href}`)),
        line("Schema", el("span", { class: "buttons", id: "formats" }, "…")),
        line("Keys", [el("kbd", {}, "/"), " finds a stream, ", el("kbd", {}, "Ctrl+Enter"), " sends."]),
      ),
    ]);
    this.#formats();
  }

  /** Links to the schema as files, for those who may read it. */
  async #formats() {
    const { root } = this.#app.config;
    const response = await this.#app.session.fetch("schema/");
    const formats = response.ok ? (await response.json()).formats : [];
    const links = formats.map((format) => el("a", { href: `${root}schema/?format=${encodeURIComponent(format)}` }, format));
    byId("formats")?.replaceChildren(...(links.length ? links : ["not for you to read"]));
  }
}
