// Compiled, not run: what must not compile is marked, and `tsc` fails where a mark stands over nothing.
import { schema, type HelpdeskTicket, type Schema } from "../../../example/board/src/schema.js"
import { connect, methods, type Api, type StreamBase, type StreamTypes } from "../src/index.js"

const api: Api<Schema> = connect("wss://example.org/ws/", { schema, auth: { token: async () => "secret" } })
const { Ticket } = api.helpdesk

export async function uses(signal: AbortSignal): Promise<HelpdeskTicket[]> {
  const page = await Ticket.search({ page: 2, filters: { status: "open", or: [{ priority__gte: 3 }] }, order: ["-priority", "id"] }, { signal })
  const next: string | null = (await Ticket.search({ after: null })).next
  const count: number | null = page.count
  const { id } = await Ticket.create({ title: "Cable", team: 1 }, { optimistic: true })
  await Ticket.close(id, { reason: "Done" }, { timeout: 5_000 })
  await Ticket.take()
  await Ticket.take({ team: 1 })
  const open: number | undefined = (await Ticket.stats()).open
  const title: string | undefined = api.stream("helpdesk.Ticket").live.object(5).get().row?.title
  Ticket.subscribe({ filters: { team: [1, 2] } }, { onChange: (row, { cause }) => void [row.title, cause] })
  return [next, count, open, title].length ? [...page.rows, ...Ticket.live.list({ limit: 5 }).get().rows] : []
}

export async function generic<T extends StreamTypes>(stream: StreamBase<T>, id: T["id"]): Promise<T["row"]> {
  return methods(stream).retrieve(id)
}

export const inferred: Promise<HelpdeskTicket> = generic(Ticket, 5)

export function mistakes(): void {
  // @ts-expect-error a stream that there is not
  void api.helpdesk.Tickets
  // @ts-expect-error an app that there is not
  void api.helpdesks
  // @ts-expect-error a misspelt filter
  void Ticket.search({ filters: { statsu: "open" } })
  // @ts-expect-error a misspelt filter, nested
  void Ticket.search({ filters: { or: [{ statsu: "open" }] } })
  // @ts-expect-error a value that is none of the choices
  void Ticket.list({ filters: { status: "opened" } })
  // @ts-expect-error an order that is not declared
  void Ticket.live.list({ order: "body" })
  // @ts-expect-error a misspelt field
  void Ticket.update(1, { titel: "Cable" })
  // @ts-expect-error a required field is missing
  void Ticket.create({ title: "Cable" })
  // @ts-expect-error a read-only field
  void Ticket.update(1, { created_at: "2026-01-01T00:00:00Z" })
  // @ts-expect-error an id of another type
  void Ticket.retrieve("one")
  // @ts-expect-error a field that rows do not have
  void Ticket.retrieve(1).then((row) => row.titel)
  // @ts-expect-error an action's missing parameter
  void Ticket.close(1, {})
  // @ts-expect-error an action that there is not
  void Ticket.reopen(1)
  // @ts-expect-error an option that there is not
  connect({ schema, tokens: [] })
}
