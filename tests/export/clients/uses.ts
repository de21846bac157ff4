// What a front end writes against the exported types. All of it compiles.
import { schema, type HelpdeskTicket, type HelpdeskTicketFilters, type Schema as Helpdesk } from "./project.js"
import type { Schema as Odd } from "./odd.js"

type Ticket = Helpdesk["helpdesk.Ticket"]

export const created: Ticket["create"] = { title: "Printer", team: 3, labels: [1, 2], status: "pending", cost: "12.50", due_on: null }
export const changed: Ticket["update"] = { priority: 4 }
export const filters: Ticket["filters"] = {
  status: ["open", "pending"],
  assignee: null,
  priority__gte: 3,
  or: [{ title__icontains: "a" }, { not: { team: 2 } }],
}
export const order: Ticket["order"][] = ["-priority", "id"]
export const closing: Ticket["actions"]["close"]["params"] = { reason: "Done" }
export const taking: Ticket["actions"]["take"]["params"] = {}
export const counting: Ticket["actions"]["stats"]["params"] = {}
export const verb: Ticket["verbs"] = "search"

export function shown(ticket: HelpdeskTicket): string {
  const cost: string = ticket.cost ?? "unknown"
  const team: string = ticket.team === null ? "out of sight" : ticket.team.name
  const first: string | undefined = ticket.labels[0]?.color
  return [ticket.id.toFixed(), ticket.title, cost, team, first, ticket.created_at].join()
}

type Specimen = Helpdesk["app.Specimen"]
export const specimen: Specimen["create"] = { name: "Quartz", big: "9007199254740993", amount: 12.5, payload: { a: [1, null] }, kind: "" }
export const range: Specimen["filters"] = { small__range: [1, 5], day__range: ["2026-01-01", "2026-12-31"], grade: 5 }
export const key: Helpdesk["app.Seat"]["id"] = "A%2Cb,3"
export const tree = (item: Helpdesk["app.Category"]["row"]): string | undefined => item.parent?.parent?.name
export const sum: Helpdesk["tests.Clock"]["actions"]["add"]["params"] = { left: 1 }

type Person = Odd["odd.Person"]
export const move: Person["actions"]["move"]["params"] = { place: { city: "Oslo", within: { city: "Norway" } }, mood: "bad" }
export const moved = (event: Person["events"]["moved"]): string => event.place.city + event.at + event.after
export const worth = (person: Person["row"]): string => person.worth + (person.clubs ?? []).map((club) => club.name).join()
export const secret: Odd["odd.Article"]["create"] = { title: "Written only" }

// The constant has the streams that the types have.
export const version: string = schema.version
export const kind = schema.streams["helpdesk.Ticket"].fields["cost"]
export const names: (keyof Helpdesk)[] = Object.keys(schema.streams) as (keyof Helpdesk)[]
export const nested: HelpdeskTicketFilters = { and: [filters, {}] }
