// @vitest-environment jsdom
import { createElement, startTransition, StrictMode, Suspense, useLayoutEffect } from "react"
import { createRoot, type Root } from "react-dom/client"
import { renderToString } from "react-dom/server"
import { afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Schema } from "../../../example/board/src/schema.js"
import type { Api, WebSocketClass } from "../src/index.js"
import {
  BindingProvider, useAction, useApi, useConnection, useDelete, useForm, useList, useObject, useSave, useSearch,
} from "../src/react/index.js"
import { BACKSTAGE, backstage, client, isLive, Socket, tokenOf, unique, until } from "./real.js"

const roots: Root[] = []
afterEach(() => roots.splice(0).forEach((root) => root.unmount()))

/** A component that only uses hooks; `now()` is what they answered at the last commit. */
function mount<P, V>(api: Api<Schema>, use: (props: P) => V, props: P) {
  const seen: V[] = []
  function Probe(given: { props: P }) {
    const value = use(given.props)
    useLayoutEffect(() => void seen.push(value))
    return null
  }
  const container = document.body.appendChild(document.createElement("div"))
  const root = createRoot(container)
  roots.push(root)
  const render = (next: P) => {
    const probe = createElement(Suspense, { fallback: "waiting" }, createElement(Probe, { props: next }))
    root.render(createElement(StrictMode, null, createElement(BindingProvider, { api }, probe)))
  }
  render(props)
  return { seen, render, container, now: () => seen[seen.length - 1]!, unmount: () => root.unmount() }
}

/** The class of a WebSocket that notes the frames that it sends. */
function listening(sent: string[]): WebSocketClass {
  return class extends (Socket as any) {
    send(text: string) {
      const frames = [JSON.parse(text)].flat() as { event: string }[]
      sent.push(...frames.map(({ event }) => event))
      super.send(text)
    }
  } as unknown as WebSocketClass
}

describe.skipIf(!BACKSTAGE)("hooks on a real server", () => {
  let server: string
  let token: string
  const sent: string[] = []
  const start = async (user = token) => {
    const api = client(server, { auth: { token: user }, WebSocket: listening(sent) })
    await isLive(api)
    sent.length = 0
    return api
  }
  const subscribed = () => sent.filter((event) => event.includes(".subscribe#")).length
  const ended = () => sent.filter((event) => event.includes(".unsubscribe#s")).length

  beforeAll(async () => {
    server = (await backstage("start")).url
    token = await tokenOf("alice")
  })

  it("subscribes once in StrictMode, once for equal parameters, and ends with the last component", async () => {
    const api = await start()
    const word = unique("Once")
    await backstage("create", { team: "network", title: `${word} a`, status: "open" })
    const use = ({ status }: { status: "open" | "closed" }) =>
      useList(api.helpdesk.Ticket, { order: "title", filters: { title__icontains: word, status } })
    const one = mount(api, use, { status: "open" })
    const other = mount(api, use, { status: "open" })
    await until(() => one.now().rows.length === 1 && other.now().rows.length === 1)
    expect(one.now().rows[0]).toBe(other.now().rows[0])
    for (let turn = 0; turn < 5; turn += 1) one.render({ status: "open" })
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect([subscribed(), ended()]).toEqual([1, 0])
    // Other rows are asked for: those of before stay meanwhile, and are said to be.
    one.render({ status: "closed" })
    await until(() => one.now().rows.length === 0)
    expect(one.seen.some(({ stale, rows }) => stale && rows.length === 1)).toBe(true)
    expect(one.seen.every(({ status }, index) => index < 4 || status !== "loading")).toBe(true)
    expect([subscribed(), ended()]).toEqual([2, 0])
    one.unmount()
    other.unmount()
    await until(() => ended() === 2)
  })

  it("asks for nothing without an id, and for no row that is not there", async () => {
    const api = await start()
    const object = mount(api, ({ id }: { id: number | null }) => useObject(api.helpdesk.Ticket, id), {
      id: null as number | null,
    })
    const lists = mount(api, () => [useList(api.helpdesk.Ticket, null), useSearch(api.helpdesk.Ticket, null)] as const, null)
    await until(() => object.seen.length > 0 && lists.seen.length > 0)
    expect(object.now().status).toBe("idle")
    expect(lists.now().map(({ status, rows }) => [status, rows.length])).toEqual([["idle", 0], ["idle", 0]])
    expect(subscribed()).toBe(0)
    object.render({ id: 999_999_999 })
    await until(() => object.now().status === "missing")
    expect(object.container.textContent).toBe("")
  })

  it("shows all components the same rows in each commit", async () => {
    const api = await start()
    const word = unique("Tear")
    const commits: number[][] = []
    const Child = ({ at }: { at: number }) => {
      const { rows } = useList(api.helpdesk.Ticket, { filters: { title__icontains: word } })
      // Long enough that frames come while a transition renders.
      for (const until = performance.now() + 3; performance.now() < until; );
      useLayoutEffect(() => void (commits[commits.length - 1]![at] = rows.length))
      return null
    }
    const App = ({ turn }: { turn: number }) => {
      useLayoutEffect(() => void turn)
      commits.push([])
      return Array.from({ length: 8 }, (_, at) => createElement(Child, { key: at, at }))
    }
    const root = createRoot(document.createElement("div"))
    roots.push(root)
    const render = (turn: number) =>
      startTransition(() => root.render(createElement(BindingProvider, { api }, createElement(App, { turn }))))
    render(0)
    for (let turn = 1; turn <= 10; turn += 1) {
      await backstage("create", { team: "network", title: `${word} ${turn}` })
      render(turn)
    }
    await until(() => commits[commits.length - 1]!.length === 8 && commits[commits.length - 1]!.every((count) => count === 10))
    const whole = commits.filter((commit) => commit.filter((count) => count !== undefined).length === 8)
    expect(whole.length).toBeGreaterThan(0)
    expect(whole.filter((commit) => new Set(commit).size > 1)).toEqual([])
  })

  it("saves at once, takes back what is refused, acts and deletes", async () => {
    const api = await start()
    const { id } = await backstage("create", { team: "network", title: unique("Write"), status: "open" })
    const probe = mount(
      api,
      () => ({
        object: useObject(api.helpdesk.Ticket, id),
        save: useSave(api.helpdesk.Ticket, { optimistic: true }),
        close: useAction(api.helpdesk.Ticket, "close"),
        stats: useAction(api.helpdesk.Ticket, "stats"),
        remove: useDelete(api.helpdesk.Ticket),
      }),
      null,
    )
    await until(() => probe.now().object.status === "ready")
    const before = probe.seen.length
    await probe.now().save.run({ id, priority: 4 })
    await until(() => !probe.now().save.pending)
    const shown = probe.seen.slice(before).find(({ object }) => object.row?.priority === 4)
    expect(shown?.save.pending).toBe(true)
    probe.now().save.start({ id, title: "" })
    await until(() => probe.now().save.error !== null)
    expect(probe.now().save.error).toMatchObject({ code: "invalid", errors: { title: [{ code: "blank" }] } })
    expect(probe.seen.some(({ object }) => object.row?.title === "")).toBe(true)
    await until(() => probe.now().object.row?.title !== "")
    await probe.now().close.run(id, { reason: "Solved." })
    await until(() => probe.now().object.row?.status === "closed")
    await expect(probe.now().close.run(id, { reason: "Again" })).rejects.toMatchObject({ code: "invalid" })
    expect((await probe.now().stats.run()).closed).toBeGreaterThan(0)
    await probe.now().remove.run(id)
    await until(() => probe.now().object.status === "missing")
    expect(probe.now().object.change).toMatchObject({ cause: "delete", own: true })
  })

  it("keeps a page and its count", async () => {
    const api = await start()
    const word = unique("Page")
    for (const letter of "abcde") await backstage("create", { team: "network", title: `${word} ${letter}` })
    const use = ({ page }: { page: number }) =>
      useSearch(api.helpdesk.Ticket, { filters: { title__icontains: word }, order: "title", page, limit: 2 })
    const probe = mount(api, use, { page: 2 })
    const titles = () => probe.now().rows.map(({ title }) => title.slice(-1)).join("")
    await until(() => titles() === "cd" && probe.now().count === 5)
    await backstage("create", { team: "network", title: `${word} aa` })
    await until(() => titles().startsWith("b") && probe.now().count === 6)
    probe.render({ page: 3 })
    await until(() => titles() === "de")
  })

  it("makes a form of the schema, for this user", async () => {
    const api = await start()
    const { id } = await backstage("create", { team: "network", title: unique("Form"), status: "open" })
    const teams = [{ value: 1, label: "Network" }]
    const probe = mount(api, () => useForm(api.helpdesk.Ticket, { id, choices: { team: teams } }), null)
    await until(() => probe.now().status === "ready")
    const form = () => probe.now()
    expect(form().field("due_on")).toMatchObject({ label: "Due on", kind: "date", nullable: true, readOnly: false })
    expect(form().field("due_on")?.help).toContain("Not before")
    expect(form().field("priority")?.choices.map(({ label }) => label)).toEqual(["Low", "Normal", "High", "Urgent"])
    expect(form().field("team")).toMatchObject({ kind: "relation", choices: teams, nullable: false })
    expect(form().field("title")).toMatchObject({ kind: "text", maxLength: 200 })
    expect(form().field("body")?.kind).toBe("multiline")
    expect(form().fields.find(({ name }) => name === "created_at")?.readOnly).toBe(true)
    expect(form().field("cost")).toBeUndefined() // for staff only

    // What was not touched follows the server; what was touched stays, and says what the server has.
    form().set("title", "Mine")
    await until(() => form().dirty)
    await backstage("update", { id, title: "Theirs", priority: 4 })
    await until(() => form().field("priority")?.value === 4)
    expect(form().field("title")).toMatchObject({ value: "Mine", theirs: "Theirs", conflict: true, dirty: true })
    expect(form().object.row?.title).toBe("Theirs")
    expect(await form().submit()).toEqual({ ok: true, id, unchanged: false })
    await until(() => form().object.row?.title === "Mine")
    expect(form().field("title")).toMatchObject({ value: "Mine", dirty: false, conflict: false })
    expect(await form().submit()).toEqual({ ok: true, id, unchanged: true })
    // Never back to what was there before, between the answer and the frame.
    const after = probe.seen.slice(probe.seen.findIndex(({ submitting }) => submitting))
    expect(after.filter((each) => each.field("title")?.value !== "Mine")).toEqual([])

    form().set("title", "")
    await until(() => form().field("title")?.value === "")
    expect(await form().submit()).toMatchObject({ ok: false, error: { code: "invalid" } })
    await until(() => form().field("title")!.errors.length === 1)
    expect(form().field("title")?.errors[0]?.code).toBe("blank")
    form().set("title", "Better")
    await until(() => form().field("title")?.errors.length === 0)
    form().reset()
    await until(() => !form().dirty && form().field("title")?.value === "Mine")
  })

  it("makes a form of a new object, and says what belongs to no field", async () => {
    const api = await start(await tokenOf("admin"))
    const probe = mount(api, () => useForm(api.helpdesk.Ticket, { initial: { title: "", priority: 2 } }), null)
    await until(() => probe.now().status === "ready")
    expect(probe.now().field("cost")).toMatchObject({ kind: "decimal", readOnly: false })
    expect(probe.now().field("title")?.required).toBe(true)
    expect(probe.now().fields.map(({ name }) => name)).not.toContain("created_at")
    expect(await probe.now().submit()).toMatchObject({ ok: false })
    await until(() => probe.now().field("team")!.errors.length === 1)
    const { rows } = await api.helpdesk.Team.list()
    probe.now().set("team", rows[0]!.id)
    const word = unique("New")
    probe.now().set("title", word)
    await until(() => probe.now().field("title")?.value === word && probe.now().field("team")?.value !== undefined)
    // Pressed twice, sent once.
    const [one, two] = await Promise.all([probe.now().submit(), probe.now().submit()])
    expect(one).toEqual(two)
    expect((await backstage("titles", { start: word })).titles).toEqual([word])
    await until(() => probe.now().field("title")?.value === "" && !probe.now().dirty)
  })

  it("tells of the connection, and suspends nowhere", async () => {
    const own = (await backstage("start", { own: true })).url
    const api = client(own, { auth: { token } })
    const { id } = await backstage("create", { team: "network", title: unique("State") })
    const probe = mount(api, () => ({ ...useConnection(), object: useObject(api.helpdesk.Ticket, id), api: useApi<Schema>() }), null)
    await until(() => probe.now().state === "live" && probe.now().object.status === "ready")
    expect(probe.now().api).toBe(api)
    await backstage("kill", { url: own })
    await until(() => probe.now().state === "reconnecting" && probe.now().object.stale)
    expect(probe.now().object.row?.id).toBe(id)
    expect(probe.container.textContent).not.toContain("waiting")
    const Row = () => createElement("p", null, useObject(api.helpdesk.Ticket, id + 1).status)
    expect(renderToString(createElement(BindingProvider, { api }, createElement(Row)))).toBe("<p>loading</p>")
    expect(() => renderToString(createElement(() => createElement("p", null, useConnection().state)))).toThrow("BindingProvider")
  })
})
