// The console: puts the parts together, and follows the address (`#helpdesk.Ticket/search`).

import { byId } from "./dom.js";
import { Ids } from "./ids.js";
import { Log } from "./log.js";
import { Page } from "./page.js";
import { Panes } from "./panes.js";
import { parts, Session } from "./session.js";
import { Settings } from "./settings.js";
import { Streams } from "./streams.js";
import { Wire } from "./wire.js";

const config = JSON.parse(byId("config").textContent);
const settings = new Settings(config);
const wire = new Wire(() => settings.address, () => settings.token);
const session = new Session(wire, config, () => settings.token);
const streams = new Streams();
const panes = new Panes({ grid: byId("panes"), empty: byId("panes-none"), count: byId("panes-count") }, session, wire);
const ids = new Ids(session);
const page = new Page({ config, settings, wire, session, panes, ids });
let again = null;
const log = new Log(
  { list: byId("log"), filter: byId("log-filter"), clear: byId("log-clear"), count: byId("log-count") },
  (text) => edit(text),
);

/** A frame from the log, in the editor of its verb. */
function edit(text) {
  const { stream, verb } = parts([JSON.parse(text)].flat()[0]?.event);
  again = text;
  document.body.dataset.view = "request";
  const hash = `#${stream}/${verb}`;
  if (window.location.hash === hash) follow();
  else window.location.hash = hash;
}

/** What the address says after `#`: {stream, verb, data}. */
function place() {
  const [path, query] = decodeURIComponent(window.location.hash.slice(1)).split(/\?(.*)/s);
  const [stream, verb = ""] = path.split("/");
  let data;
  try {
    data = query ? JSON.parse(query) : undefined;
  } catch {
    data = undefined;
  }
  return { stream, verb, data };
}

let count = 0;
function follow() {
  const { stream, verb, data } = place();
  const text = again ?? undefined;
  again = null;
  // An address within the page, such as that of the link that skips to the request.
  if (stream && !streams.has(stream) && byId(stream)) return;
  streams.current(stream);
  if (streams.has(stream)) page.show(stream, verb, { data, text });
  else page.home(count);
  if (stream) document.body.dataset.view = "request";
}

function showState() {
  const status = byId("state");
  status.textContent = wire.text;
  status.dataset.state = wire.state;
  byId("connect").hidden = wire.isOpen || wire.state === "connecting";
  byId("connect").textContent = wire.state === "waiting" ? "Connect now" : "Connect";
  byId("disconnect").hidden = !wire.isOpen && wire.state !== "waiting";
  byId("by").value = settings.via();
  page.changedState();
}

/** Asks for the streams; without the right to, the page says how to log in. */
async function start() {
  page.forget();
  try {
    const names = await session.streams();
    count = names.length;
    streams.show(names);
    byId("signin").hidden = true;
    document.body.classList.remove("signed-out");
    follow();
    return true;
  } catch (problem) {
    byId("signin").hidden = false;
    byId("signin-error").textContent = problem.status === 401 && !settings.token ? "" : problem.message;
    document.body.classList.add("signed-out");
    return false;
  }
}

session.addEventListener("frame", ({ detail }) => log.add(detail));
wire.addEventListener("state", showState);
window.addEventListener("hashchange", follow);
byId("connect").addEventListener("click", () => wire.connect());
byId("disconnect").addEventListener("click", () => wire.disconnect());
byId("views").addEventListener("click", ({ target }) => {
  const view = target.closest("button")?.value;
  if (!view) return;
  document.body.dataset.view = view;
});
new MutationObserver(() => {
  byId("views").querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.value === document.body.dataset.view)));
}).observe(document.body, { attributeFilter: ["data-view"] });
byId("signin-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  settings.token = byId("signin-token").value.trim();
  byId("token").value = settings.token;
  if (await start()) wire.connect();
});
settings.bind(wire, showState, async () => {
  if (await start()) wire.connect();
});
// On a phone one part is seen at a time, and without a stream there is nothing to ask.
document.body.dataset.view = window.location.hash ? "request" : "streams";
if (await start()) wire.connect();
