// What a browser gives the page's script: the host that it comes from, and a WebSocket that brings the session's cookie along.
// `send` waits for the connection, which the page takes for granted. Each line of standard input is one more `ws.send(...)`.
//
// With OVER=http the frames go by POST instead, each answer to `onmessage`: the same frames, and the same script.
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { runInThisContext } from "node:vm"

const { HOST, COOKIE, CSRF, SCRIPT, OVER } = process.env
const Native = globalThis.WebSocket

class Socket extends Native {
  constructor(url) {
    super(url, { headers: { cookie: COOKIE, origin: `http://${HOST}` } })
    this.addEventListener("close", (event) => console.log(JSON.stringify({ closed: event.code })))
  }
  send(text) {
    if (this.readyState === Native.CONNECTING) this.addEventListener("open", () => super.send(text))
    else super.send(text)
  }
}

class Poster {
  async send(body) {
    const headers = { cookie: `${COOKIE}; csrftoken=${CSRF}`, "x-csrftoken": CSRF, origin: `http://${HOST}` }
    const response = await fetch(`http://${HOST}/`, { method: "POST", headers, body })
    this.onmessage({ data: await response.text() })
  }
}

globalThis.window = { location: { host: HOST } }
globalThis.WebSocket = OVER === "http" ? Poster : Socket
runInThisContext(readFileSync(SCRIPT, "utf8"))
for await (const line of createInterface({ input: process.stdin })) runInThisContext(`ws.send(JSON.stringify(${line}))`)
process.exit()
