import type { Ticket } from "./api"
import { page } from "./page"

export const statusName = (status: string) => page.statuses[status] ?? status
export const priorityName = (priority: number) => page.priorities[priority] ?? String(priority)
export const teamName = (ticket: Ticket) => ticket.team?.name ?? "another team"
export const assigneeName = (ticket: Ticket) => ticket.assignee?.username ?? "nobody"

const ASPECTS: [keyof Ticket, (ticket: Ticket) => string][] = [
  ["status", (ticket) => `status ${statusName(ticket.status)}`],
  ["priority", (ticket) => `priority ${priorityName(ticket.priority)}`],
  ["team", (ticket) => `team ${teamName(ticket)}`],
  ["assignee", (ticket) => (ticket.assignee ? `assigned to ${ticket.assignee.username}` : "unassigned")],
  ["title", () => "new title"],
  ["body", () => "new description"],
  ["due_on", (ticket) => (ticket.due_on ? `due ${ticket.due_on}` : "no due date")],
  ["labels", () => "labels"],
  ["cost", () => "cost"],
]

/** What is another now, in words: "status Pending, assigned to bob". */
export function whatChanged(before: Ticket, now: Ticket): string {
  const changed = ASPECTS.filter(([name]) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
  return changed.map(([, say]) => say(now)).join(", ")
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const UNITS: [number, string][] = [
  [365 * DAY, "year"],
  [30 * DAY, "month"],
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
]

/** "3 days", "just now". */
export function age(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [0, ""]
  if (!name) return "just now"
  const count = Math.floor(seconds / size)
  return `${count} ${name}${count === 1 ? "" : "s"}`
}
