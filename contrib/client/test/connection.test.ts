import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { backoff } from "../src/environment.js"
import { connect } from "../src/index.js"
import { FakeSocket, fakeClient, settle } from "./fake.js"

const HOUR = 3_600_000
let api: ReturnType<typeof fakeClient>

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, "random").mockReturnValue(1)
})

afterEach(() => {
  api.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A client that is live. */
async function live(options = {}) {
  api = fakeClient(options)
  await settle()
  FakeSocket.last.open()
  expect(api.connection.state).toBe("live")
}

describe("the connection", () => {
  it("waits twice as long after each failure, and half of it at random", async () => {
    expect([0, 1, 2, 3, 10].map((failures) => backoff(failures, 500, 30_000, () => 1))).toEqual([500, 1_000, 2_000, 4_000, 30_000])
    expect(backoff(1, 500, 30_000, () => 0)).toBe(500)
    api = fakeClient()
    await settle()
    for (const pause of [500, 1_000, 2_000, 4_000]) {
      const attempts = FakeSocket.all.length
      FakeSocket.last.shut(1006)
      expect(api.connection.state).toBe("reconnecting")
      await vi.advanceTimersByTimeAsync(pause - 1)
      expect(FakeSocket.all).toHaveLength(attempts)
      await vi.advanceTimersByTimeAsync(1)
      expect(FakeSocket.all).toHaveLength(attempts + 1)
    }
    FakeSocket.last.open()
    FakeSocket.last.shut(1012)
    expect(api.connection.get()).toEqual({ state: "reconnecting", reason: "restart", transport: null })
    // A success begins it anew.
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.all).toHaveLength(6)
  })

  it("waits longer after 4429", async () => {
    await live()
    FakeSocket.last.shut(4429)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(FakeSocket.all).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it("is not live before the server has said something", async () => {
    api = fakeClient()
    await settle()
    FakeSocket.last.readyState = 1
    FakeSocket.last.onopen?.({})
    expect(api.connection.state).toBe("connecting")
    FakeSocket.last.shut(4401)
    expect(api.connection.get()).toEqual({ state: "closed", reason: "unauthenticated", transport: null })
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(FakeSocket.all).toHaveLength(1)
  })

  it("gives up on a server that does not answer the handshake", async () => {
    api = fakeClient()
    await vi.advanceTimersByTimeAsync(15_500)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it("asks for a new token once, and again after each success", async () => {
    const token = vi.fn(async () => "secret")
    api = fakeClient({ auth: { token } })
    await settle()
    expect(FakeSocket.last.protocols).toEqual(["binding-schema", "bearer.secret"])
    for (const code of [4401, 4403]) {
      FakeSocket.last.open()
      FakeSocket.last.shut(code)
      await settle()
    }
    expect(token).toHaveBeenCalledTimes(3)
    FakeSocket.last.shut(4403)
    await settle()
    expect(token).toHaveBeenCalledTimes(3)
    expect(api.connection.get()).toEqual({ state: "closed", reason: "forbidden", transport: null })
    api.connection.reconnect()
    await settle()
    expect(FakeSocket.all).toHaveLength(4)
  })

  it("tries again when a token cannot be had", async () => {
    const token = vi.fn().mockRejectedValueOnce(new Error("no network")).mockResolvedValue("secret")
    api = fakeClient({ auth: { token } })
    await settle()
    expect(api.connection.get()).toMatchObject({ state: "reconnecting", reason: "Error: no network" })
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.all).toHaveLength(1)
  })

  it("tries a quiet connection, and drops one that does not answer", async () => {
    await live()
    const [socket] = FakeSocket.all
    await vi.advanceTimersByTimeAsync(25_000)
    expect(socket!.sent).toHaveLength(2)
    expect(socket!.request("ping")).toEqual({ event: "app.Thing.unsubscribe#ping", data: {} })
    socket!.answer("ping", { success: true })
    await vi.advanceTimersByTimeAsync(25_000)
    expect([socket!.sent.length, api.connection.state]).toEqual([3, "live"])
    await vi.advanceTimersByTimeAsync(5_000)
    expect([socket!.readyState, api.connection.state]).toEqual([3, "reconnecting"])
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it("tries the connection at once when the computer has slept for an hour", async () => {
    await live({ heartbeat: 0 })
    const [socket] = FakeSocket.all
    vi.setSystemTime(Date.now() + HOUR)
    expect(socket!.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(socket!.sent).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(5_500)
    FakeSocket.last.open()
    expect([FakeSocket.all.length, api.connection.state]).toEqual([2, "live"])
  })

  it("does not wait any longer after a sleep", async () => {
    await live()
    for (let failures = 0; failures < 7; failures++) {
      FakeSocket.last.shut(1006)
      await vi.advanceTimersByTimeAsync(30_000)
    }
    FakeSocket.last.shut(1006)
    const attempts = FakeSocket.all.length
    vi.setSystemTime(Date.now() + HOUR)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(FakeSocket.all).toHaveLength(attempts + 1)
  })

  it("listens to the browser: offline, online, and a page that is seen again", async () => {
    const page = new EventTarget()
    const browser = new EventTarget()
    vi.stubGlobal("document", Object.assign(page, { visibilityState: "visible", cookie: "" }))
    vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser))
    vi.stubGlobal("removeEventListener", browser.removeEventListener.bind(browser))
    await live()
    const [socket] = FakeSocket.all
    vi.stubGlobal("navigator", { onLine: false })
    browser.dispatchEvent(new Event("offline"))
    expect(socket!.sent).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(api.connection.state).toBe("offline")
    vi.stubGlobal("navigator", { onLine: true })
    const attempts = FakeSocket.all.length
    browser.dispatchEvent(new Event("online"))
    await settle()
    expect(FakeSocket.all).toHaveLength(attempts + 1)
    FakeSocket.last.open()
    await vi.advanceTimersByTimeAsync(6_000)
    page.dispatchEvent(new Event("visibilitychange"))
    expect(FakeSocket.last.sent).toHaveLength(2)
    api.close()
    page.dispatchEvent(new Event("visibilitychange"))
    expect(FakeSocket.last.sent).toHaveLength(2)
  })

  it("tells who listens, and closes for good", async () => {
    await live()
    const states: string[] = []
    const stop = api.connection.subscribe(() => states.push(api.connection.state))
    const request = api.app.Thing.retrieve(1)
    api.close()
    await expect(request).rejects.toMatchObject({ code: "disconnected" })
    await expect(api.app.Thing.retrieve(1)).rejects.toMatchObject({ code: "disconnected" })
    expect(states).toEqual(["closed"])
    stop()
    api.connection.reconnect()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect([api.connection.state, FakeSocket.all.length]).toEqual(["closed", 1])
  })

  it("refuses what cannot work", () => {
    const schema = { version: "1", streams: {} }
    const Socket = FakeSocket as never
    expect(() => connect({ schema, WebSocket: Socket })).toThrow("there is no page")
    vi.stubGlobal("WebSocket", undefined)
    expect(() => connect("ws://server.test/ws/", { schema, transport: "websocket" })).toThrow("option `WebSocket`")
    api = fakeClient()
  })
})
