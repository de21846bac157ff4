// The WebSocket: its state in words, and connecting again by itself where that may help.

/** What a closed connection means (docs/protocol.md, section 3). */
const REASONS = {
  1001: "the server goes away",
  1006: "no connection",
  1011: "the server failed",
  1012: "the server restarts",
  4401: "not logged in",
  4403: "refused: the page's origin or the server's policy",
  4408: "idle for too long",
  4413: "the frame was too large",
  4429: "too many broken frames",
};
/** Connecting again would end the same way. */
const FINAL = new Set([4401, 4403]);
const FIRST = 500;
const LONGEST = 10_000;
/** A connection that lasted so long was a good one: the next wait begins small again. */
const GOOD = 2000;

/** Events: `state`; `message` with the text in `detail`; `down` whenever an open connection ends. */
export class Wire extends EventTarget {
  #socket = null;
  #timer = 0;
  #tries = 0;
  #address;
  #token;
  state = "closed";
  text = "Not connected";
  wasOpen = false;

  /** `address()` is a path or a ws address; `token()` a bearer token, or nothing where the session's cookie is enough. */
  constructor(address, token) {
    super();
    this.#address = address;
    this.#token = token;
  }

  get isOpen() {
    return this.state === "open";
  }

  /** The whole address: `ws://host/ws/`. */
  get url() {
    const { protocol, host } = window.location;
    const address = this.#address();
    if (/^wss?:/.test(address)) return address;
    return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${address.startsWith("/") ? "" : "/"}${address}`;
  }

  connect() {
    this.#drop();
    this.#set("connecting", "Connecting…");
    const token = this.#token();
    let socket;
    try {
      socket = new WebSocket(this.url, token ? ["binding-schema", `bearer.${token}`] : []);
    } catch (problem) {
      this.#set("closed", `Cannot connect: ${problem.message}`);
      return;
    }
    this.#socket = socket;
    let openedAt = 0;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      openedAt = Date.now();
      this.wasOpen = true;
      this.#set("open", "Connected");
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.dispatchEvent(new CustomEvent("message", { detail: data }));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) this.#closed(code, openedAt);
    });
  }

  disconnect() {
    const wasThere = this.#socket !== null;
    this.#drop();
    this.#set("closed", "Disconnected");
    if (wasThere) this.dispatchEvent(new Event("down"));
  }

  send(text) {
    this.#socket.send(text);
  }

  #closed(code, openedAt) {
    this.#socket = null;
    const reason = `${REASONS[code] ?? "the connection was lost"} (${code})`;
    if (openedAt && Date.now() - openedAt > GOOD) this.#tries = 0;
    if (FINAL.has(code)) {
      this.#set("closed", `Disconnected: ${reason}`);
    } else {
      const wait = Math.min(LONGEST, FIRST * 2 ** this.#tries) * (0.5 + Math.random() / 2);
      this.#tries += 1;
      this.#timer = setTimeout(() => this.connect(), wait);
      this.#set("waiting", `Reconnecting: ${reason}`);
    }
    this.dispatchEvent(new Event("down"));
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.close();
  }

  #set(state, text) {
    this.state = state;
    this.text = text;
    this.dispatchEvent(new Event("state"));
  }
}
