// Each line with the mark is an error, and no other is.
import { schema, type Schema as Helpdesk } from "./project.js"
import type { Schema as Odd } from "./odd.js"

type Ticket = Helpdesk["helpdesk.Ticket"]

export const row = (ticket: Ticket["row"]): unknown => ticket.titel // error: a field
export const nested = (ticket: Ticket["row"]): unknown => ticket.labels.map((label) => label.colour) // error: a nested field
export const hidden = (ticket: Ticket["row"]): string => ticket.team.name // error: the team may be out of sight
export const price = (ticket: Ticket["row"]): number => ticket.cost ?? 0 // error: decimals are texts
export const without: Ticket["create"] = { title: "Printer" } // error: a required field
export const unknown: Ticket["create"] = { title: "Printer", team: 1, prio: 2 } // error: a field
export const fixed: Ticket["update"] = { created_at: "2026-01-31T12:00:00Z" } // error: a read-only field
export const choice: Ticket["update"] = { status: "done" } // error: a choice
export const object: Ticket["update"] = { team: { id: 1 } } // error: nested objects are written by their id
export const nothing: Ticket["update"] = { title: null } // error: not nullable
export const filter: Ticket["filters"] = { statsu: "open" } // error: a filter
export const undeclared: Ticket["filters"] = { body: "x" } // error: a field, and no filter
export const lookup: Ticket["filters"] = { due_on__year: 2026 } // error: a lookup
export const value: Ticket["filters"] = { status: "done" } // error: a filter's value
export const inner: Ticket["filters"] = { or: [{ tilte__icontains: "a" }] } // error: a filter within `or`
export const single: Ticket["filters"] = { priority__gte: [1, 2] } // error: no list
export const order: Ticket["order"] = "-titel" // error: an order
export const verb: Ticket["verbs"] = "find" // error: a verb
export const param: Ticket["actions"]["close"]["params"] = { raeson: "Done" } // error: a parameter
export const missing: Ticket["actions"]["close"]["params"] = {} // error: a required parameter
export const extra: Ticket["actions"]["stats"]["params"] = { team: 1 } // error: it takes none
export type Action = Ticket["actions"]["reopen"] // error: an action
export type Stream = Helpdesk["helpdesk.Tickets"] // error: a stream
export const stream = schema.streams["helpdesk.Tickets"] // error: a stream
export const retrieved: Odd["odd.Article"]["verbs"] = "retrieve" // error: a verb that is not served
export const told = (article: Odd["odd.Article"]["row"]): unknown => article.title // error: it is written only
export const club = (person: Odd["odd.Person"]["row"]): number => person.clubs.length // error: not everyone may read it
export const event = (data: Odd["odd.Person"]["events"]["moved"]): unknown => data.plaec // error: an event's member
export const modelless: Odd["odd.Clock"]["row"] = {} // error: no rows
