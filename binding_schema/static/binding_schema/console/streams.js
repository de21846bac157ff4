// The list of streams, by the app in their name, with a search.

import { byId, el } from "./dom.js";

export class Streams {
  #names = [];
  #list = byId("stream-list");
  #search = byId("stream-search");

  constructor() {
    this.#search.addEventListener("input", () => this.#sift());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.#list.querySelector("li:not([hidden]) > a")?.click();
      } else if (event.key === "Escape") {
        this.#search.value = "";
        this.#sift();
      }
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, textarea, select");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      document.body.dataset.view = "streams";
      this.#search.focus();
    });
  }

  has(name) {
    return this.#names.includes(name);
  }

  get first() {
    return this.#names[0];
  }

  show(names) {
    this.#names = names;
    const groups = Map.groupBy ? Map.groupBy(names, appOf) : grouped(names);
    const link = (name) => el("a", { href: `#${name}`, title: name }, name.slice(name.lastIndexOf(".") + 1));
    const made = [...groups].map(([app, own]) =>
      el(
        "li",
        { class: "app" },
        el("span", { class: "app-name" }, app || "streams"),
        el("ul", {}, own.map((name) => el("li", { "data-name": name.toLowerCase() }, link(name)))),
      ),
    );
    this.#list.replaceChildren(...made);
    this.#sift();
  }

  current(name) {
    this.#list.querySelectorAll("a").forEach((link) => {
      if (link.title === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  #sift() {
    const word = this.#search.value.trim().toLowerCase();
    let count = 0;
    this.#list.querySelectorAll("[data-name]").forEach((item) => {
      item.hidden = !item.dataset.name.includes(word);
      if (!item.hidden) count += 1;
    });
    this.#list.querySelectorAll(".app").forEach((app) => (app.hidden = !app.querySelector("[data-name]:not([hidden])")));
    byId("stream-none").hidden = count > 0;
    byId("stream-none").textContent = this.#names.length ? "No stream has such a name." : "No stream is served.";
  }
}

const appOf = (name) => name.slice(0, Math.max(0, name.lastIndexOf(".")));

function grouped(names) {
  const groups = new Map();
  names.forEach((name) => groups.set(appOf(name), [...(groups.get(appOf(name)) ?? []), name]));
  return groups;
}
