// Puts the page together: one connection, and the parts that use it.

import { Board } from "./board.js";
import { Connection } from "./connection.js";
import { part, refreshAges } from "./dom.js";
import { News } from "./news.js";
import { NewTicketDialog } from "./newticket.js";
import { Subscription } from "./store.js";
import { TicketDialog } from "./ticket.js";

const STATES = {
  connecting: "Connecting …",
  open: "Live",
  waiting: "Connection lost, trying again …",
  "logged-out": "Logged out",
  refused: "Refused by the server",
};

const page = document.getElementById("board");
const choices = JSON.parse(document.getElementById("choices").textContent);
// From the page's own address, which a proxy may have changed on the way to the server.
const { protocol, host, hash } = window.location;
const scheme = protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(`${scheme}//${host}${choices.websocket}`, "helpdesk.Ticket.unsubscribe#ping");

const board = new Board(page, connection, choices);
const ticket = new TicketDialog(document.getElementById("ticket-dialog"), connection, choices);
const creation = new NewTicketDialog(document.getElementById("new-dialog"), connection, choices);
const news = new News(part(page, "news"), choices.statuses);
const teams = new Subscription(connection, "helpdesk.Team", "teams", { order: "name" });

function showState() {
  const status = part(page, "status");
  status.dataset.state = connection.state;
  status.textContent = STATES[connection.state];
  part(page, "retry").hidden = connection.state !== "waiting";
  // Also in the dialogs, which hide the rest of the page.
  for (const note of document.querySelectorAll("[data-role=offline]")) note.hidden = connection.state !== "waiting";
  for (const note of document.querySelectorAll("[data-role=logged-out]")) note.hidden = connection.state !== "logged-out";
  // What is on the page may be out of date now; it stays readable.
  page.classList.toggle("stale", !["open", "connecting"].includes(connection.state));
}

function showProblem(text) {
  const place = part(page, "problem");
  place.textContent = text;
  place.hidden = !text;
}

connection.addEventListener("state", showState);
part(page, "retry").addEventListener("click", () => connection.open());
part(page, "new").addEventListener("click", () => creation.open());
board.addEventListener("open", ({ detail }) => ticket.open(detail));
board.addEventListener("changed", ({ detail }) => {
  news.note(detail);
  if (detail.kind === "all") showProblem("");
});
board.addEventListener("problem", ({ detail }) => showProblem(`The tickets could not be read: ${detail.message}`));
ticket.addEventListener("closed", ({ detail }) => board.focus(detail));
creation.addEventListener("created", ({ detail }) => ticket.open(detail));
teams.addEventListener("change", () => {
  const rows = [...teams.rows.values()].sort((one, other) => one.name.localeCompare(other.name));
  for (const each of [board, ticket, creation]) each.showTeams(rows);
});

board.start();
teams.start();
connection.open();
setInterval(refreshAges, 30_000);
const wanted = /^#ticket-(\d+)$/.exec(hash);
if (wanted) ticket.open(Number(wanted[1]));
