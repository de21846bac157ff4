// Small helpers for the page. Text reaches it through textContent only: nothing of the server's becomes markup.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = [
  [365 * DAY, "year"],
  [30 * DAY, "month"],
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
];

/** `element("p", { className: "note" }, "text", child)`; a child that is null is left out. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function part(root, role) {
  return root.querySelector(`[data-role="${role}"]`);
}

/** "3 days", "just now". */
export function age(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [0, ""];
  if (!name) return "just now";
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** A time as its age, and when it was for who points at it. `refreshAges` keeps all of them true. */
export function aged(iso, suffix = "") {
  const made = element("time", { dateTime: iso, title: new Date(iso).toLocaleString() });
  made.dataset.suffix = suffix;
  showAge(made);
  return made;
}

function showAge(time) {
  const text = age(time.dateTime);
  time.textContent = text === "just now" ? text : `${text}${time.dataset.suffix}`;
}

export function refreshAges() {
  document.querySelectorAll("time[data-suffix]").forEach(showAge);
}

/** Runs `work` once, `wait` milliseconds after the last call. */
export function debounced(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}

export function labels(list) {
  const made = element("ul", { className: "labels" });
  made.setAttribute("aria-label", "Labels");
  for (const { name, color } of list) {
    const item = element("li", {}, name);
    if (/^#[0-9a-f]{6}$/i.test(color)) item.style.setProperty("--label", color);
    made.append(item);
  }
  return made;
}
