/** What the hooks must take, and what they must not: `tsc` reads this file, nothing runs it. */
import type { Schema } from "../../../example/board/src/schema.js"
import type { Api } from "../src/index.js"
import { useAction, useApi, useDelete, useForm, useList, useObject, useSave, useSearch } from "../src/react/index.js"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>) => undefined

export function Reads() {
  const api = useApi<Schema>()
  same<typeof api, Api<Schema>>(true)
  const tickets = api.helpdesk.Ticket
  const { row } = useObject(tickets, 1)
  same<NonNullable<typeof row>["status"], "open" | "pending" | "closed">(true)
  // @ts-expect-error: a ticket's id is a number
  useObject(tickets, "1")
  // @ts-expect-error: a misspelt field
  row?.titel
  const list = useList(tickets, { filters: { status: "open", priority__gte: 3 }, order: ["-priority", "id"], limit: 5 })
  same<(typeof list)["rows"][number]["title"], string>(true)
  useList(tickets, null)
  // @ts-expect-error: a misspelt filter
  useList(tickets, { filters: { stauts: "open" } })
  // @ts-expect-error: no such status
  useList(tickets, { filters: { status: "opne" } })
  // @ts-expect-error: no order by the body
  useList(tickets, { order: "body" })
  // @ts-expect-error: a list has no pages
  useList(tickets, { page: 2 })
  const page = useSearch(tickets, { page: 2, query: "router" })
  same<(typeof page)["count"], number | null>(true)
}

export function Writes() {
  const tickets = useApi<Schema>().helpdesk.Ticket
  const save = useSave(tickets, { optimistic: { assignee: { id: 1, username: "alice" } } })
  void save.run({ id: 1, status: "closed" })
  void save.run({ title: "New", team: 1 })
  // @ts-expect-error: a new ticket has a team
  void save.run({ title: "New" })
  // @ts-expect-error: nobody writes when it was created
  void save.run({ id: 1, created_at: "2026-01-01T00:00:00Z" })
  void useDelete(tickets).run(1)
  const close = useAction(tickets, "close")
  void close.run(1, { reason: "Solved." }).then(({ status }) => status)
  // @ts-expect-error: it takes a reason
  void close.run(1)
  // @ts-expect-error: no such action
  useAction(tickets, "clsoe")
  const take = useAction(tickets, "take")
  void take.run()
  void take.run({ team: 1 })
  // @ts-expect-error: an action on the stream takes no id
  void take.run(1)
}

export function Forms() {
  const form = useForm(useApi<Schema>().helpdesk.Ticket, { initial: { title: "", team: 1 } })
  const value = form.field("title")?.value
  same<typeof value, string | undefined>(true)
  form.set("priority", 4)
  // @ts-expect-error: no such priority
  form.set("priority", 5)
  // @ts-expect-error: a misspelt field
  form.field("titel")
  void form.submit().then((done) => (done.ok ? done.id.toFixed() : done.error.code))
}
