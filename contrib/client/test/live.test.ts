import { beforeAll, describe, expect, it } from "vitest"
import type { Schema } from "../../../example/board/src/schema.js"
import type { Api, Observable } from "../src/index.js"
import { BACKSTAGE, backstage, client, isLive, tokenOf, unique, until } from "./real.js"

/** Follow a view until the test's client is closed. */
function follow<V>(view: Observable<V>): () => V {
  view.subscribe(() => undefined)
  return () => view.get()
}

describe.skipIf(!BACKSTAGE)("rows of a real server", () => {
  let server: string
  let token: string
  let api: Api<Schema>
  const start = async (options = {}) => {
    api = client(server, { auth: { token }, ...options })
    await isLive(api)
    return api.helpdesk.Ticket
  }

  beforeAll(async () => {
    server = (await backstage("start")).url
    token = await tokenOf("alice")
  })

  it.each(["websocket", "sse"] as const)("keeps a list in its filter and order over %s", async (transport) => {
    const Ticket = await start({ transport })
    const word = unique("List")
    const first = await backstage("create", { team: "network", title: `${word} b` })
    const list = follow(Ticket.live.list({ filters: { title__icontains: word, status: "open" }, order: "-title" }))
    const titles = () => list().rows.map(({ title }) => title.slice(-1))
    expect(list().status).toBe("loading")
    await until(() => list().status === "ready")
    expect(list()).toMatchObject({ count: 1, truncated: false, stale: false, pending: false })
    expect(list().rows[0]!.id).toBe(first.id)
    const { id } = await backstage("create", { team: "network", title: `${word} c` })
    await backstage("create", { team: "network", title: `${word} a` })
    await until(() => titles().join("") === "cba")
    await backstage("update", { id: first.id, title: `${word} d` })
    await until(() => titles().join("") === "dca")
    expect(list().changed.get(first.id)).toMatchObject({ cause: "update", own: false })
    await backstage("update", { id, status: "closed" })
    await until(() => titles().join("") === "da")
    await backstage("update", { id: first.id, team: "billing" })
    await until(() => titles().join("") === "a")
    await backstage("delete", { id: list().rows[0]!.id })
    await until(() => list().count === 0)
  })

  it("keeps a list of the default order and one with a limit", async () => {
    const Ticket = await start()
    const word = unique("Limit")
    const filters = { title__icontains: word }
    const top = follow(Ticket.live.list({ filters, order: "title", limit: 2 }))
    const all = follow(Ticket.live.list({ filters }))
    await until(() => top().status === "ready" && all().status === "ready")
    for (const letter of "cab") await backstage("create", { team: "network", title: `${word} ${letter}` })
    const last = (rows: readonly { title: string }[]) => rows.map(({ title }) => title.slice(-1)).join("")
    await until(() => last(top().rows) === "ab" && last(all().rows) === "bac")
    await backstage("delete", { id: top().rows[0]!.id })
    await until(() => last(top().rows) === "bc")
  })

  it("follows an object until it is gone", async () => {
    const Ticket = await start()
    const { id } = await backstage("create", { team: "network", title: unique("Object") })
    const object = follow(Ticket.live.object(id))
    expect(Ticket.live.object(id)).toBe(Ticket.live.object(id))
    await until(() => object().status === "ready")
    const before = object()
    expect(object()).toBe(before)
    await backstage("update", { id, body: "New" })
    await until(() => object().row?.body === "New")
    expect(before.row!.body).toBe("")
    await backstage("delete", { id })
    await until(() => object().status === "missing")
    const never = follow(Ticket.live.object(99_999))
    await until(() => never().status === "missing")
  })

  it("keeps a page and its count", async () => {
    const Ticket = await start()
    const word = unique("Page")
    for (const letter of "abc") await backstage("create", { team: "network", title: `${word} ${letter}` })
    const page = follow(Ticket.live.search({ filters: { title__icontains: word }, order: "title", page: 2, limit: 2 }))
    await until(() => page().status === "ready")
    expect(page()).toMatchObject({ page: 2, limit: 2, count: 3, rows: [{ title: `${word} c` }] })
    await backstage("create", { team: "network", title: `${word} d` })
    await until(() => page().count === 4 && page().rows.length === 2)
    await backstage("delete", { id: page().rows[0]!.id })
    await until(() => page().count === 3 && page().rows.length === 1)
    expect(page().rows[0]!.title).toBe(`${word} d`)
  })

  it("tells a subscription's handlers what happens, and why", async () => {
    const Ticket = await start()
    const word = unique("Told")
    const told: unknown[] = []
    const subscription = Ticket.subscribe(
      { filters: { title__icontains: word } },
      {
        onRows: (rows) => told.push(["rows", rows.length]),
        onChange: (row, { cause, ref }) => told.push([cause, row.title, ref?.split("#")[0]]),
        onDelete: (id, { cause }) => told.push([cause, id]),
      },
    )
    await subscription.ready
    const { id } = await Ticket.create({ title: word, team: (await api.helpdesk.Team.list()).rows[0]!.id })
    await until(() => told.length === 2)
    await backstage("update", { id, title: `${word}!` })
    await until(() => told.length === 3)
    await backstage("delete", { id })
    await until(() => told.length === 4)
    expect(told).toEqual([
      ["rows", 0],
      ["create", word, "helpdesk.Ticket.create"],
      ["update", `${word}!`, undefined],
      ["delete", id],
    ])
    subscription.unsubscribe()
    await backstage("create", { team: "network", title: word })
    // A request's answer comes after what was told before it.
    await Ticket.stats()
    expect(told).toHaveLength(4)
  })

  it("tells why a subscription was refused", async () => {
    const Ticket = await start()
    const errors: string[] = []
    const subscription = Ticket.subscribe({ filters: { no: 1 } as never }, { onError: ({ code }) => errors.push(code) })
    await expect(subscription.ready).rejects.toMatchObject({ code: "invalid_filter" })
    expect(errors).toEqual(["invalid_filter"])
    const list = follow(Ticket.live.list({ filters: { no: 1 } as never }))
    await until(() => list().status === "error")
    expect(list().error?.code).toBe("invalid_filter")
  })

  it("shows a write at once in all views, and takes it back if it is refused", async () => {
    const Ticket = await start()
    const word = unique("Optimist")
    const { id } = await backstage("create", { team: "network", title: `${word} 1` })
    const filters = { title__icontains: word }
    const open = follow(Ticket.live.list({ filters: { ...filters, status: "open" }, order: "title" }))
    const closed = follow(Ticket.live.list({ filters: { ...filters, status: "closed" }, order: "title" }))
    const object = follow(Ticket.live.object(id))
    await until(() => [open, closed, object].every((view) => view().status === "ready"))

    const write = Ticket.update(id, { status: "closed" }, { optimistic: true })
    expect([open().count, closed().count, object().row!.status]).toEqual([0, 1, "closed"])
    expect([closed().pending, object().pending]).toEqual([true, true])
    await write
    await until(() => closed().changed.get(id)?.own === true && !closed().pending)
    expect([open().count, closed().count, object().row!.status]).toEqual([0, 1, "closed"])

    const refused = Ticket.update(id, { title: "", status: "open" }, { optimistic: true })
    expect(object().row).toMatchObject({ title: "", status: "open" })
    await expect(refused).rejects.toMatchObject({ code: "invalid" })
    expect(object().row).toMatchObject({ title: `${word} 1`, status: "closed" })
    expect([open().count, closed().count]).toEqual([0, 1])
  })

  it("shows a new object under a passing id, and a deleted one no more", async () => {
    const Ticket = await start()
    const word = unique("New")
    const list = follow(Ticket.live.list({ filters: { title__icontains: word }, order: "title" }))
    await until(() => list().status === "ready")
    const team = (await api.helpdesk.Team.list()).rows[0]!
    const sizes = new Set<number>()
    const write = Ticket.create({ title: word, team: team.id }, { optimistic: { title: word, team } })
    const stop = Ticket.live.list({ filters: { title__icontains: word }, order: "title" }).subscribe(() => sizes.add(list().count))
    expect(list().rows).toMatchObject([{ title: word, team: { name: team.name } }])
    const { id } = await write
    expect(list().rows[0]!.id).toBe(id)
    await until(() => list().rows[0]!.status === "open")
    // It was there all the time, and once.
    expect([...sizes]).toEqual([1])
    stop()
    const removal = Ticket.delete(id, { optimistic: true })
    expect(list().count).toBe(0)
    await removal
    await until(() => list().changed.get(id)?.cause === "delete")
    expect(list().count).toBe(0)
  })
})
