// Keys that frames told of, proposed where a key is asked for.

import { el } from "./dom.js";
import { short } from "./json.js";
import { parts } from "./session.js";

const MOST = 100;

export class Ids {
  #lists = new Map();

  constructor(session) {
    session.addEventListener("frame", ({ detail }) => detail.way !== "sent" && [detail.frame].flat().forEach((frame) => this.#learn(frame)));
  }

  /** The id of the stream's datalist. */
  of(stream) {
    return this.#list(stream).id;
  }

  #list(stream) {
    if (!this.#lists.has(stream)) {
      const list = el("datalist", { id: `ids-${stream}` });
      document.body.append(list);
      this.#lists.set(stream, list);
    }
    return this.#lists.get(stream);
  }

  #learn(frame) {
    const { stream } = parts(frame?.event);
    const rows = frame?.data?.rows ?? [frame?.data];
    if (!stream || !Array.isArray(rows)) return;
    const list = this.#list(stream);
    const known = new Set([...list.children].map((option) => option.value));
    for (const row of rows.slice(0, MOST)) {
      if (row?.id === undefined || typeof row.id === "object" || known.has(String(row.id))) continue;
      const { id, ...rest } = row;
      const told = Object.values(rest).find((value) => typeof value === "string");
      list.prepend(el("option", { value: String(id), label: told ? short(told).slice(0, 60) : undefined }));
    }
    while (list.children.length > MOST) list.lastElementChild.remove();
  }
}
