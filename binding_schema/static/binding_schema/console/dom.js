// Elements from plain values. Text becomes text nodes and never markup, wherever it comes from.

/** `el("button", {class: "quiet", onclick: send}, "Send")`: `on...` are listeners, the rest attributes or properties. */
export function el(name, props = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else if (key === "value" || typeof value === "boolean") made[key] = value;
    else made.setAttribute(key, String(value));
  }
  made.append(...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

let last = 0;
/** An id that no other element has. */
export const newId = (word) => `${word}-${(last += 1)}`;

/** Says something to screen readers, and to whoever looks at the line under the header. */
export function announce(text) {
  byId("said").textContent = text;
}

export function clock(at) {
  const part = (value, digits = 2) => String(value).padStart(digits, "0");
  return `${part(at.getHours())}:${part(at.getMinutes())}:${part(at.getSeconds())}.${part(at.getMilliseconds(), 3)}`;
}

export function bytes(count) {
  return count < 1000 ? `${count} B` : `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)} kB`;
}

export const sizeOf = (text) => new TextEncoder().encode(text).length;

/** Copies where the browser lets us; otherwise selects the text of `shown`, for a copy by hand. Tells which. */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) getSelection().selectAllChildren(shown);
    return false;
  }
}
