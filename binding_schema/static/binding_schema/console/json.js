// A JSON value as a tree that opens and closes. Children are made when they are first shown.

import { el } from "./dom.js";

const PREVIEW = 64;

/** `open`: how many levels are open at first. */
export function tree(value, open = 3) {
  return el("div", { class: "json" }, node(null, value, open));
}

function node(key, value, open) {
  const name = key === null ? [] : [el("span", { class: "key" }, key), el("span", { class: "mark" }, ": ")];
  const children = value !== null && typeof value === "object" ? Object.entries(value) : [];
  if (children.length === 0) return el("div", { class: "leaf" }, ...name, leaf(value));
  const isList = Array.isArray(value);
  const inner = el("div", { class: "inner" });
  const fill = () => {
    if (inner.childElementCount) return;
    // The rows of a list say enough by their beginnings.
    const below = isList && children.length > 3 ? Math.min(open - 1, 0) : open - 1;
    inner.append(...children.map(([name_, item]) => node(name_, item, below)));
  };
  const marks = isList ? ["[", "]"] : ["{", "}"];
  const details = el(
    "details",
    { open: open > 0, ontoggle: () => details.open && fill() },
    el("summary", {}, ...name, el("span", { class: "preview" }, preview(value)), el("span", { class: "mark begin" }, marks[0])),
    inner,
    el("div", { class: "mark" }, marks[1]),
  );
  if (open > 0) fill();
  return details;
}

function leaf(value) {
  const kind = value === null ? "null" : Array.isArray(value) ? "mark" : typeof value;
  return el("span", { class: kind === "object" ? "mark" : kind }, JSON.stringify(value));
}

function preview(value) {
  const text = JSON.stringify(value);
  const count = Array.isArray(value) ? `${value.length} × ` : "";
  return count + (text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text);
}

/** A value in few words, for a cell of a table. */
export function short(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(short).join(", ");
  const told = value.name ?? value.title ?? value.username ?? value.label;
  if (typeof told === "string") return told;
  return "id" in value ? `#${value.id}` : JSON.stringify(value);
}

export const pretty = (value) => JSON.stringify(value, null, 2);
