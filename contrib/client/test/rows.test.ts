import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { FakeSocket, fakeClient, settle } from "./fake.js"

let api: ReturnType<typeof fakeClient>
let socket: FakeSocket
let Thing: any
const errors: string[] = []

beforeEach(async () => {
  vi.useFakeTimers()
  errors.length = 0
  api = fakeClient({ onError: (error) => errors.push(error.message) })
  Thing = api.app.Thing
  await settle()
  socket = FakeSocket.last
  socket.open()
})

afterEach(() => {
  api.close()
  vi.useRealTimers()
})

const row = (id: number, name: string, rest = {}) => ({ id, name, ...rest })
const names = (view: any) => view.get().rows.map(({ name }: any) => name).join("")

async function reconnect(): Promise<void> {
  socket.shut(1006)
  await vi.advanceTimersByTimeAsync(500)
  socket = FakeSocket.last
  socket.open()
}

/** A list view that shows these rows. */
function list(params: any, ...rows: any[]) {
  const view = Thing.live.list(params)
  const told = vi.fn()
  const stop = view.subscribe(told)
  socket.answer("subscribe#", { success: true, count: rows.length, rows, truncated: false }, { seq: "01" })
  const say = (verb: string, data: any, meta: any = { cause: "update", seq: "02" }) =>
    socket.say(`app.Thing.${verb}#${hash}`, data, meta)
  const hash = socket.request("subscribe#").event.split("#")[1]
  return { view, told, stop, say, hash }
}

describe("resume", () => {
  it("names the last position and the ids that are held, whatever frames had none", async () => {
    const { say, view } = list({ order: "name" }, row(1, "a"), row(2, "b"))
    say("retrieve", row(3, "c"), { cause: "create", seq: "05" })
    say("delete", { id: 1 }, { cause: "leave" })
    await reconnect()
    expect(view.get().stale).toBe(true)
    expect(socket.request("subscribe#").data).toEqual({ order: "name", since: "05", have: [2, 3] })
    socket.answer("subscribe#", { success: true }, { seq: "05" })
    expect([view.get().stale, names(view)]).toEqual([false, "bc"])
  })

  it("asks for all rows where it holds more than the server takes", async () => {
    list({}, ...Array.from({ length: 1_001 }, (_, id) => row(id, "x")))
    await reconnect()
    expect(socket.request("subscribe#").data).toEqual({ snapshot: true })
  })

  it("asks for all rows where the position is refused", async () => {
    list({}, row(1, "a"))
    await reconnect()
    const { event } = socket.request("subscribe#")
    socket.say("error", { code: "invalid_data", message: "since", event })
    expect(socket.sent.at(-1)).toEqual({ event, data: { snapshot: true } })
  })

  it("resumes an object by its position, and finds out that it is gone", async () => {
    const view = Thing.live.object(5)
    view.subscribe(() => undefined)
    expect(socket.request("subscribe#").data).toEqual({ id: 5, snapshot: true })
    socket.answer("subscribe#", { success: true, ...row(5, "a") }, { seq: "01" })
    expect(view.get()).toEqual({ status: "ready", row: row(5, "a"), stale: false, pending: false })
    await reconnect()
    expect(socket.request("subscribe#").data).toEqual({ id: 5, since: "01" })
    socket.say("error", { code: "not_found", message: "", event: socket.request("subscribe#").event })
    expect(view.get()).toMatchObject({ status: "missing" })
  })

  it("tells a feed that it has missed something", async () => {
    const onResync = vi.fn()
    Thing.subscribe({ snapshot: false, filters: { name: "a" } }, { onResync })
    expect(socket.request("subscribe#").data).toEqual({ filters: { name: "a" } })
    socket.answer("subscribe#", { success: true }, { seq: "01" })
    await reconnect()
    socket.answer("subscribe#", { success: true }, { seq: "02" })
    expect(onResync.mock.calls).toEqual([["gap"]])
  })

  it("asks again after an error that passes, and not for ever the same moment", async () => {
    list({}, row(1, "a"))
    await reconnect()
    const { event } = socket.request("subscribe#")
    const asked = socket.sent.length
    socket.say("error", { code: "rate_limited", message: "", retry_after: 3, event })
    await vi.advanceTimersByTimeAsync(2_900)
    expect(socket.sent).toHaveLength(asked)
    await vi.advanceTimersByTimeAsync(200)
    expect(socket.sent.at(-1).event).toBe(event)
  })
})

describe("resync", () => {
  it("takes the rows that follow in the place of its own", () => {
    const { view, say } = list({ order: "name" }, row(1, "a"), row(2, "b"))
    say("resync", { reason: "overflow" }, {})
    say("list", { count: 1, rows: [row(3, "c")], truncated: true }, { seq: "09" })
    expect([names(view), view.get().truncated]).toEqual(["c", true])
  })

  it("asks for them if they do not follow", async () => {
    const { say } = list({}, row(1, "a"))
    say("resync", { reason: "failed" }, {})
    await vi.advanceTimersByTimeAsync(20_000)
    expect(socket.request("subscribe#").data).toEqual({ snapshot: true })
  })

  it("ends with `forbidden`", async () => {
    const { view, say } = list({}, row(1, "a"))
    say("resync", { reason: "forbidden" }, {})
    expect(view.get()).toMatchObject({ status: "error", rows: [], error: { code: "forbidden" } })
    await reconnect()
    expect(socket.sent.filter(({ event }) => event.includes(".subscribe"))).toEqual([])
    view.refresh()
    expect(socket.request("subscribe#").data).toEqual({ snapshot: true })
  })
})

describe("views", () => {
  it("are one for equal parameters, and end some time after the last listener", async () => {
    const one = Thing.live.list({ filters: { name: "a", size: undefined }, order: "name" })
    expect(Thing.live.list({ order: "name", filters: { name: "a" } })).toBe(one)
    const [first, second] = [one.subscribe(() => undefined), one.subscribe(() => undefined)]
    expect(socket.sent.filter(({ event }) => event.includes(".subscribe"))).toHaveLength(1)
    first()
    second()
    const third = one.subscribe(() => undefined)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.sent.some(({ event }) => event.includes("unsubscribe#s"))).toBe(false)
    third()
    await vi.advanceTimersByTimeAsync(200)
    expect(socket.request("unsubscribe#s").data).toEqual({})
    expect(Thing.live.list({ order: "name", filters: { name: "a" } })).not.toBe(one)
  })

  it("tell once for all that comes in one turn, and stay the same otherwise", async () => {
    const { view, told, say } = list({ order: "name" }, row(1, "b"))
    await settle()
    told.mockClear()
    say("retrieve", row(2, "a"))
    say("retrieve", row(3, "c"))
    expect(names(view)).toBe("abc")
    expect(view.get()).toBe(view.get())
    await settle()
    expect(told).toHaveBeenCalledTimes(1)
    const before = view.get()
    socket.say("app.Thing.retrieve#s99", row(9, "z"))
    socket.say("app.Other.explode#s1", {})
    socket.say("app.Thing.noise", { text: "?" })
    expect(view.get()).toBe(before)
  })

  it("ask the server for the order where it cannot be told", async () => {
    const { view, say } = list({ order: "name" }, row(1, "b"), row(2, "a"))
    expect(names(view)).toBe("ba")
    say("retrieve", row(3, "c"))
    expect(names(view)).toBe("bac")
    await vi.advanceTimersByTimeAsync(200)
    socket.answer("subscribe#", { success: true, count: 3, rows: [row(3, "c"), row(1, "b"), row(2, "a")] }, { seq: "03" })
    expect(names(view)).toBe("cba")
  })

  it("share the rows of a stream", () => {
    const one = list({ order: "name" }, row(1, "a"), row(2, "b"))
    const two = list({ filters: { name: "a" } }, row(1, "a"))
    one.say("retrieve", row(1, "a", { size: "2" }))
    expect(two.view.get().rows[0]).toBe(one.view.get().rows[0])
    two.say("delete", { id: 1 }, { cause: "leave" })
    expect([names(one.view), names(two.view)]).toEqual(["ab", ""])
  })
})

describe("a newer server", () => {
  it("may add keys, values, frames and codes", async () => {
    const { view, say } = list({ order: "name", filters: { mood: "brave" } }, row(1, "a", { mood: "brave", added: { x: 1 } }))
    say("retrieve", row(2, "b", { mood: "unheard-of" }), { cause: "merge", seq: "03", more: [1] })
    expect(view.get().rows).toMatchObject([{ added: { x: 1 } }, { mood: "unheard-of" }])
    say("explode", { now: true })
    socket.onmessage!({ data: "no JSON" })
    socket.onmessage!({ data: "[1]" })
    socket.onmessage!({ data: '{"event":"x","data":null,"extra":1}' })
    const request = Thing.retrieve(1)
    socket.say("error", { code: "teapot", message: "New", event: socket.request("retrieve").event, extra: 1 })
    await expect(request).rejects.toMatchObject({ code: "teapot", message: "New" })
    socket.say("error", { code: "invalid_frame", message: "not a frame" })
    expect(errors).toEqual(["not a frame"])
    expect([view.get().count, api.connection.state]).toEqual([2, "live"])
  })

  it("may have streams and events that the schema has not", () => {
    const heard = vi.fn()
    const stream: any = api.stream("app.Later" as "app.Thing")
    const stop = stream.on("rang", heard)
    socket.say("app.Later.rang", { times: 2 })
    stop()
    socket.say("app.Later.rang", { times: 3 })
    expect(heard.mock.calls).toEqual([[{ times: 2 }]])
  })

  it("does not suffer from listeners that throw", () => {
    Thing.on("noise", () => {
      throw new Error("mine")
    })
    const heard = vi.fn()
    Thing.on("noise", heard)
    socket.say("app.Thing.noise", {})
    expect([heard.mock.calls.length, errors]).toEqual([1, ["Error: mine"]])
  })
})

describe("optimistic writes", () => {
  const owners = [{ id: 7, name: "Ann" }, { id: 8, name: "Bo" }]

  it("show a relation's id as the row that others show", () => {
    const { view } = list({ order: "name" }, row(1, "a", { owner: owners[0] }), row(2, "b", { owner: owners[1] }))
    void Thing.update(1, { owner: 8 }, { optimistic: true }).catch(() => undefined)
    expect(view.get().rows[0].owner).toEqual(owners[1])
    void Thing.update(2, { owner: 9 }, { optimistic: true }).catch(() => undefined)
    expect(view.get().rows[1].owner).toEqual(owners[1])
    void Thing.update(2, { owner: null }, { optimistic: true }).catch(() => undefined)
    expect(view.get().rows[1].owner).toBeNull()
  })

  it("stand over what others change meanwhile, until the frame of the write itself", async () => {
    const { view, say } = list({ order: "name" }, row(1, "a"))
    const write = Thing.update(1, { name: "mine" }, { optimistic: true })
    const { event, meta } = socket.request("update")
    expect(meta).toMatchObject({ subscribe: false, idempotency_key: expect.stringMatching(/.{16}/) })
    say("retrieve", row(1, "theirs", { size: "1" }))
    expect(view.get().rows).toEqual([row(1, "mine", { size: "1" })])
    socket.say(event, { success: true, id: 1 })
    await write
    expect(view.get()).toMatchObject({ pending: false, rows: [{ name: "mine" }] })
    say("retrieve", row(1, "merged"), { cause: "update", ref: event, seq: "04" })
    expect(names(view)).toBe("merged")
  })

  it("are over without a frame after a while", async () => {
    const { view } = list({ order: "name" }, row(1, "a"))
    const write = Thing.update(1, { name: "b" }, { optimistic: true })
    socket.say(socket.request("update").event, { success: true, id: 1 })
    await write
    expect(names(view)).toBe("b")
    await vi.advanceTimersByTimeAsync(2_000)
    expect(names(view)).toBe("a")
  })

  it("are taken back one by one, and when the connection refuses", async () => {
    const { view } = list({ order: "name" }, row(1, "a"), row(2, "b"))
    const first = Thing.saveMany([{ id: 1, name: "x" }, { id: 2, name: "y" }], { optimistic: true })
    const second = Thing.deleteMany([2], { optimistic: true })
    const third = Thing.launch(1, {}, { optimistic: { name: "z" } })
    expect(names(view)).toBe("z")
    socket.say("error", { code: "conflict", message: "", event: socket.request("delete").event })
    await expect(second).rejects.toMatchObject({ code: "conflict" })
    expect(names(view)).toBe("yz")
    socket.shut(4403)
    await expect(first).rejects.toMatchObject({ code: "forbidden" })
    // Not idempotent: whether it took effect is not known.
    await expect(third).rejects.toMatchObject({ code: "disconnected" })
    expect(names(view)).toBe("ab")
  })
})

describe("requests", () => {
  it("send what has a key once more under the same key, and wait for the connection", async () => {
    const write = Thing.create({ name: "a", size: 12345678901234567890n })
    const first = socket.request("create")
    expect(first.data.size).toBe("12345678901234567890")
    const read = Thing.ping()
    await reconnect()
    expect(socket.request("create")).toEqual(first)
    socket.answer("create", { success: true, id: 3 })
    socket.answer("ping#r", { now: 1 })
    expect([await write, await read]).toEqual([{ success: true, id: 3 }, { now: 1 }])
    socket.shut(1006)
    const waiting = Thing.retrieve(3, { timeout: 100 }).catch((error: Error) => error.message)
    await vi.advanceTimersByTimeAsync(100)
    expect(await waiting).toContain("not sent")
  })

  it("ask for a new token where one is over, and once", async () => {
    const token = vi.fn(() => "t")
    const other = fakeClient({ auth: { token } })
    await settle()
    FakeSocket.last.open()
    const request = (other.app.Thing as any).launch(1).catch((error: Error) => error)
    for (let times = 0; times < 2; times++) {
      FakeSocket.last.say("error", { code: "unauthenticated", message: "", event: FakeSocket.last.request("launch").event })
      await settle()
      FakeSocket.last.open()
    }
    expect([await request, token.mock.calls.length]).toMatchObject([{ code: "unauthenticated" }, 2])
    other.close()
  })
})
