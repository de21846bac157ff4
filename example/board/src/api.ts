import { connect } from "@binding-schema/client"
import { page } from "./page"
import { schema } from "./schema"
import type { Schema } from "./schema"

export const api = connect({ schema, url: page.websocket, http: page.api })
export const tickets = api.helpdesk.Ticket
export const comments = api.helpdesk.Comment

export type Ticket = Schema["helpdesk.Ticket"]["row"]
export type Filters = Schema["helpdesk.Ticket"]["filters"]
export type Order = Schema["helpdesk.Ticket"]["order"]
export type Status = Ticket["status"]
export type Comment = Schema["helpdesk.Comment"]["row"]

export const statuses = Object.entries(page.statuses) as [Status, string][]
