import { createServer, connect as dial, type AddressInfo, type Server, type Socket } from "node:net"

/** A TCP proxy before a real server, that does to the traffic what networks do. */
export class Proxy {
  /** Connections are cut as soon as they are made. */
  refuses = false
  /** WebSockets are answered by a status, as by a proxy that does not know them. */
  refusesUpgrades = false
  /** Nothing passes, and nothing is said: a network that was switched. */
  swallows = false
  /** Milliseconds that what the server says is held up. */
  delay = 0
  /** Of the next thing that the server says to an open WebSocket only so many bytes pass, then the connection is cut. */
  cutAfter: number | null = null
  /** Connections that were made, and the requests for an upgrade among them. */
  connections = 0
  private readonly sockets = new Set<Socket>()
  private server!: Server

  private constructor(public upstream: string) {}

  static async start(upstream: string): Promise<Proxy> {
    const proxy = new Proxy(upstream)
    proxy.server = createServer((client) => proxy.accept(client))
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** A close frame of the server's, to each open WebSocket. */
  closeWith(code: number): void {
    for (const socket of this.sockets) socket.end(Buffer.from([0x88, 2, code >> 8, code & 255]))
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private accept(client: Socket): void {
    this.connections++
    client.on("error", () => undefined)
    if (this.refuses) return void client.destroy()
    const { hostname, port } = new URL(this.upstream)
    const server = dial(Number(port), hostname)
    server.on("error", () => client.destroy())
    server.on("close", () => client.destroy())
    client.on("close", () => (server.destroy(), this.sockets.delete(client)))
    this.sockets.add(client)
    client.on("data", (data) => this.up(data, client, server))
    server.on("data", (data) => this.down(data, client))
  }

  private up(data: Buffer, client: Socket, server: Socket): void {
    if (this.swallows) return
    if (this.refusesUpgrades && /upgrade: websocket/i.test(data.toString("latin1"))) {
      client.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    } else server.write(data)
  }

  private down(data: Buffer, client: Socket): void {
    if (this.swallows) return
    if (this.cutAfter !== null && !data.toString("latin1").startsWith("HTTP/")) {
      client.write(data.subarray(0, this.cutAfter), () => client.destroy())
      this.cutAfter = null
    } else if (this.delay) setTimeout(() => client.writable && client.write(data), this.delay)
    else client.write(data)
  }
}
