import { beforeAll, describe, expect, it } from "vitest"
import { BindingSchemaError, DisconnectedError, TimeoutError, ValidationError, type Api } from "../src/index.js"
import type { Schema } from "../../../example/board/src/schema.js"
import { BACKSTAGE, backstage, client, isLive, proxied, tokenOf, unique, until } from "./real.js"

describe.skipIf(!BACKSTAGE)("requests to a real server", () => {
  let server: string
  let token: string
  const team = async (api: Api<Schema>) => (await api.helpdesk.Team.list()).rows[0]!.id

  beforeAll(async () => {
    server = (await backstage("start")).url
    token = await tokenOf("alice")
  })

  it.each(["websocket", "sse"] as const)("serves every verb over %s", async (transport) => {
    const api = client(server, { auth: { token }, transport })
    const { Ticket } = api.helpdesk
    const title = unique("Verbs")
    const { id } = await Ticket.create({ title, team: await team(api), priority: 2 })
    expect(await Ticket.retrieve(id)).toMatchObject({ id, title, status: "open" })
    expect(await Ticket.update(id, { priority: 4 })).toEqual({ success: true, id })
    expect(await Ticket.save({ id, body: "Text" })).toEqual({ success: true, id })
    const many = await Ticket.saveMany([{ title, team: await team(api) }, { id, priority: 3 }])
    expect(many.ids).toHaveLength(2)
    const page = await Ticket.search({ filters: { title__icontains: title }, order: "-id", limit: 1 })
    expect(page).toMatchObject({ page: 1, limit: 1, count: 2 })
    const cursor = await Ticket.search({ filters: { title__icontains: title }, after: null, limit: 1 })
    expect(typeof cursor.next).toBe("string")
    expect((await Ticket.list({ filters: { title__icontains: title } })).count).toBe(2)
    expect(await Ticket.retrieveMany([id, 99_999])).toMatchObject({ rows: [{ id, priority: 3 }], missing: [99_999] })
    expect(await Ticket.close(id, { reason: "Done" })).toMatchObject({ id, status: "closed" })
    expect(await Ticket.stats()).toHaveProperty("open")
    expect((await Ticket.schema()).fields?.properties).toHaveProperty("title")
    await Ticket.delete(id)
    await Ticket.deleteMany(many.ids.filter((other) => other !== id))
    await expect(Ticket.retrieve(id)).rejects.toMatchObject({ code: "not_found" })
    expect(api.connection.transport).toBe(transport)
  })

  it("throws typed errors", async () => {
    const api = client(server, { auth: { token } })
    const { Ticket } = api.helpdesk
    const refused = await Ticket.create({ title: "", team: await team(api) }).catch((error) => error)
    expect(refused).toBeInstanceOf(ValidationError)
    expect(refused).toMatchObject({ code: "invalid", errors: { title: [{ code: "blank" }] } })
    const wrong = await Ticket.search({ filters: { nonsense: 1 } as never }).catch((error) => error)
    expect(wrong).toBeInstanceOf(BindingSchemaError)
    expect(wrong.code).toBe("invalid_filter")
    await expect(Ticket.request("levitate")).rejects.toMatchObject({ code: "unknown_verb" })
    await expect(client(server, { auth: { token } }).stream("no.Such" as "auth.User").retrieve(1)).rejects.toMatchObject({
      code: "unknown_stream",
    })
  })

  it("gives up by a signal and by a timeout, before and after sending", async () => {
    const proxy = await proxied(server)
    const api = client(proxy.url, { auth: { token } })
    await isLive(api)
    proxy.delay = 400
    const abort = new AbortController()
    const given = api.helpdesk.Ticket.list({}, { signal: abort.signal })
    const late = api.helpdesk.Ticket.list({}, { timeout: 50 }).catch((error) => error)
    abort.abort(new Error("not needed"))
    await expect(given).rejects.toMatchObject({ code: "aborted", cause: abort.signal.reason })
    expect(await late).toBeInstanceOf(TimeoutError)
    await expect(api.helpdesk.Ticket.list({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" })
    // The late answers harm nothing.
    expect((await api.helpdesk.Ticket.list()).rows.length).toBeGreaterThan(0)
  })

  it("asks again what was not answered, where that is safe", async () => {
    const proxy = await proxied(server)
    const api = client(proxy.url, { auth: { token } })
    const { Ticket } = api.helpdesk
    const [title, unsafe] = [unique("Once"), unique("Unsafe")]
    const own = await team(api)
    proxy.delay = 300
    // The server does all of it; none of its answers arrives.
    const read = Ticket.list({ filters: { title__icontains: title } })
    const write = Ticket.create({ title, team: own })
    await new Promise((resolve) => setTimeout(resolve, 150))
    proxy.cut()
    proxy.delay = 0
    const { id } = await write
    expect((await read).rows.length).toBeLessThanOrEqual(1)
    expect(await Ticket.retrieve(id)).toMatchObject({ title })
    expect((await backstage("titles", { start: title })).titles).toEqual([title])

    const careless = client(proxy.url, { auth: { token }, idempotent: false })
    await isLive(careless)
    proxy.delay = 300
    const lost = careless.helpdesk.Ticket.create({ title: unsafe, team: own }).catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 150))
    proxy.cut()
    proxy.delay = 0
    expect(await lost).toBeInstanceOf(DisconnectedError)
    expect((await backstage("titles", { start: unsafe })).titles).toEqual([unsafe])
  })

  it("writes one object in the order of the calls", async () => {
    const { Ticket } = client(server, { auth: { token } }).helpdesk
    const { id } = (await Ticket.list()).rows[0]!
    const titles = Array.from({ length: 8 }, () => unique("Turn"))
    await Promise.all(titles.map((title) => Ticket.update(id, { title })))
    expect((await Ticket.retrieve(id)).title).toBe(titles.at(-1))
  })

  it("says which request was too large", async () => {
    const { Ticket } = client(server, { auth: { token } }).helpdesk
    const small = Ticket.stats()
    await expect(Ticket.update(1, { body: "x".repeat(2_000_000) })).rejects.toMatchObject({ code: "too_large" })
    expect(await small).toHaveProperty("open")
  })

  it("is refused without a token, and let in with a new one", async () => {
    const refused = client(server)
    await expect(refused.helpdesk.Ticket.list()).rejects.toMatchObject({ code: "unauthenticated" })
    expect(refused.connection.get()).toEqual({ state: "closed", reason: "unauthenticated", transport: null })
    await expect(refused.helpdesk.Ticket.list()).rejects.toMatchObject({ code: "unauthenticated" })

    const tokens = ["forged", token]
    const renewed = client(server, { auth: { token: async () => tokens.shift()! } })
    expect((await renewed.helpdesk.Ticket.list()).rows.length).toBeGreaterThan(0)
    expect(tokens).toEqual([])

    let asked = 0
    const forger = client(server, { auth: { token: () => `forged${++asked}` } })
    await until(() => forger.connection.state === "closed")
    expect([asked, forger.connection.reason]).toEqual([2, "unauthenticated"])
  })

  it.each(["websocket", "sse"] as const)("renews a token that runs out while connected, over %s", async (transport) => {
    const tokens = [await tokenOf("alice", 2), await tokenOf("alice", 600)]
    const api = client(server, { auth: { token: () => tokens.shift()! }, transport })
    const { Ticket } = api.helpdesk
    const seen: unknown[] = []
    const ticket = (await Ticket.list()).rows[0]!
    const subscription = Ticket.subscribe({ id: ticket.id }, { onChange: (row) => seen.push(row.title) })
    await subscription.ready
    await new Promise((resolve) => setTimeout(resolve, 2_600))
    const title = unique("After")
    await Ticket.update(ticket.id, { title })
    await until(() => seen.includes(title))
    expect(tokens).toEqual([])
  })
})
