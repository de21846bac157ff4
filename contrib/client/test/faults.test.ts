import { beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Schema } from "../../../example/board/src/schema.js"
import type { Api } from "../src/index.js"
import type { Proxy } from "./proxy.js"
import { BACKSTAGE, backstage, client, isLive, proxied, tokenOf, unique, until } from "./real.js"

describe.skipIf(!BACKSTAGE)("a connection to a real server that breaks", () => {
  let server: string
  let token: string
  let proxy: Proxy
  let word: string

  beforeAll(async () => {
    server = (await backstage("start")).url
    token = await tokenOf("alice")
  })

  beforeEach(async () => {
    proxy = await proxied(server)
    word = unique("Fault")
  })

  const create = (letter: string) => backstage("create", { team: "network", title: `${word} ${letter}` })

  /** A list of three, and what its subscription was told. */
  async function following(api: Api<Schema>) {
    const ids: number[] = []
    for (const letter of "abc") ids.push((await create(letter)).id)
    const view = api.helpdesk.Ticket.live.list({ filters: { title__icontains: word }, order: "title" })
    view.subscribe(() => undefined)
    const told: string[] = []
    const subscription = api.helpdesk.Ticket.subscribe(
      { filters: { title__icontains: word } },
      {
        onRows: (rows) => told.push(`rows ${rows.length}`),
        onChange: (row) => told.push(row.title.slice(-1)),
        onDelete: (id) => told.push(`gone ${ids.indexOf(id)}`),
        onResync: (reason) => told.push(reason),
      },
    )
    await subscription.ready
    await until(() => view.get().status === "ready")
    const letters = () => view.get().rows.map(({ title }) => title.slice(-1)).join("")
    return { ids, view, told, letters }
  }

  const changes = async (ids: number[]) => {
    await backstage("delete", { id: ids[0] })
    await backstage("update", { id: ids[1], title: `${word} x` })
    await create("d")
  }

  it.each([1012, 1011, 1001, 4408, 4429])("connects again after close code %i, and is told what it missed", async (code) => {
    const api = client(proxy.url, { auth: { token } })
    const { ids, view, told, letters } = await following(api)
    const states: string[] = []
    api.connection.subscribe(() => states.push(api.connection.state))
    proxy.refuses = true
    proxy.closeWith(code)
    await until(() => api.connection.state === "reconnecting")
    expect(view.get().stale).toBe(true)
    await changes(ids)
    proxy.refuses = false
    await until(() => letters() === "cdx")
    await until(() => !view.get().stale)
    expect(states.at(-1)).toBe("live")
    // Resumed: not all rows were sent again.
    await until(() => ["gone 0", "x", "d"].every((item) => told.includes(item)))
    expect(told.filter((item) => item.startsWith("rows"))).toEqual(["rows 3"])
  })

  it("is not harmed by frames that are cut in the middle", async () => {
    const api = client(proxy.url, { auth: { token } })
    const { ids, letters, told } = await following(api)
    for (const bytes of [1, 40, 200]) {
      proxy.cutAfter = bytes
      await backstage("update", { id: ids[1], title: `${word} ${bytes % 7}` })
      await until(() => proxy.cutAfter === null && letters().includes(String(bytes % 7)))
    }
    await changes(ids)
    await until(() => letters() === "cdx")
    expect(told.filter((item) => item.startsWith("rows"))).toEqual(["rows 3"])
  })

  it("stops after 4403, says why, and tries again when told to", async () => {
    const api = client(proxy.url, { auth: { token } })
    const { ids, letters } = await following(api)
    const before = proxy.connections
    proxy.closeWith(4403)
    await until(() => api.connection.state === "closed")
    expect(api.connection.reason).toBe("forbidden")
    await expect(api.helpdesk.Ticket.list()).rejects.toMatchObject({ code: "forbidden" })
    await changes(ids)
    expect(proxy.connections).toBe(before)
    api.connection.reconnect()
    await until(() => letters() === "cdx")
  })

  it("gives the request that was too large its error after 4413, and goes on with the others", async () => {
    const api = client(proxy.url, { auth: { token } })
    await isLive(api)
    proxy.delay = 300
    const small = api.helpdesk.Ticket.stats()
    const large = api.helpdesk.Ticket.create({ title: word, body: "x".repeat(5_000), team: 1 }).catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 50))
    proxy.closeWith(4413)
    proxy.delay = 0
    expect((await large).code).toBe("too_large")
    expect(await small).toHaveProperty("open")
  })

  it("serves by HTTP where WebSockets are refused, through cuts as well", async () => {
    proxy.refusesUpgrades = true
    const api = client(proxy.url, { auth: { token } })
    const { ids, letters, view } = await following(api)
    expect(api.connection.transport).toBe("sse")
    await create("y")
    await until(() => letters() === "abcy")
    proxy.cut()
    await changes(ids)
    await until(() => letters() === "cdxy")
    await until(() => api.connection.state === "live" && !view.get().stale)
    expect((await api.helpdesk.Ticket.list()).rows.length).toBeGreaterThan(0)
    // WebSockets have come to work.
    proxy.refusesUpgrades = false
    api.connection.reconnect()
    await until(() => api.connection.transport === "websocket")
    await create("z")
    await until(() => letters() === "cdxyz")
  })

  it("is told what changed while the server was killed and started again", async () => {
    const first = (await backstage("start", { own: true })).url
    proxy.upstream = first
    const api = client(proxy.url, { auth: { token } })
    const { ids, letters, told } = await following(api)
    const write = api.helpdesk.Ticket.update(ids[2]!, { title: `${word} w` })
    await write
    await backstage("kill", { url: first })
    await until(() => api.connection.state === "reconnecting")
    await changes(ids)
    const waiting = api.helpdesk.Ticket.update(ids[2]!, { title: `${word} v` })
    proxy.upstream = (await backstage("start", { own: true })).url
    await waiting
    await until(() => letters() === "dvx")
    expect(told.filter((item) => item.startsWith("rows"))).toEqual(["rows 3"])
    expect(api.connection.state).toBe("live")
  }, 45_000)

  it("two tabs of one user do not touch each other", async () => {
    const [one, two] = [client(proxy.url, { auth: { token } }), client(proxy.url, { auth: { token } })]
    const first = await following(one)
    const view = two.helpdesk.Ticket.live.list({ filters: { title__icontains: word }, order: "title" })
    view.subscribe(() => undefined)
    await until(() => view.get().status === "ready")
    const [a, b] = await Promise.all([
      one.helpdesk.Ticket.update(first.ids[0]!, { title: `${word} p` }),
      two.helpdesk.Ticket.update(first.ids[1]!, { title: `${word} q` }),
    ])
    expect([a.id, b.id]).toEqual(first.ids.slice(0, 2))
    const letters = () => view.get().rows.map(({ title }) => title.slice(-1)).join("")
    await until(() => first.letters() === "cpq" && letters() === "cpq")
    expect([first.view.get().changed.get(a.id)?.own, view.get().changed.get(a.id)?.own]).toEqual([true, false])
    one.close()
    await create("r")
    await until(() => letters() === "cpqr")
  })
})
