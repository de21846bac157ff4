import { WebSocket } from "ws"
import { afterEach, expect, vi } from "vitest"
import { schema, type Schema } from "../../../example/board/src/schema.js"
import { connect, type Api, type ConnectOptions, type WebSocketClass } from "../src/index.js"
import { Proxy } from "./proxy.js"

/** Where tests/client/test_client.py listens; without it there is no server to test against. */
export const BACKSTAGE = process.env.BACKSTAGE

export async function backstage(method: string, values: Record<string, unknown> = {}): Promise<any> {
  const response = await fetch(`${BACKSTAGE}/${method}`, { method: "POST", body: JSON.stringify(values) })
  const answer = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(answer))
  return answer
}

export const tokenOf = async (user: string, seconds = 600): Promise<string> =>
  (await backstage("token", { user, seconds })).token

export const Socket = WebSocket as unknown as WebSocketClass

const open: { close(): void }[] = []
const proxies: Proxy[] = []

afterEach(async () => {
  for (const api of open.splice(0)) api.close()
  for (const proxy of proxies.splice(0)) await proxy.stop()
})

export async function proxied(upstream: string): Promise<Proxy> {
  const proxy = await Proxy.start(upstream)
  proxies.push(proxy)
  return proxy
}

export function client(server: string, options: Partial<ConnectOptions<Schema>> = {}): Api<Schema> {
  const api = connect(`${server.replace("http", "ws")}/ws/`, {
    schema,
    WebSocket: Socket,
    backoff: { min: 20, max: 200 },
    onError: () => undefined,
    ...options,
  })
  open.push(api)
  return api
}

/** Wait until it does not throw, and is not false. */
export const until = (check: () => unknown, timeout = 8_000): Promise<unknown> =>
  vi.waitFor(() => expect(check()).not.toBe(false), { timeout, interval: 20 })

export const isLive = (api: Api<Schema>) => until(() => api.connection.state === "live")

let number = 0
/** A text that no other test uses. */
export const unique = (word: string) => `${word} ${process.pid}-${++number}`
