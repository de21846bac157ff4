// One WebSocket to the server: its state, reconnecting, and requests as promises.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
// A write that waits for the connection this long is given up, and its form says so.
const PATIENCE = 20_000;
// A browser does not show the server's pings to a page, so a line that died in silence is found by asking.
const SILENCE = 25_000;
const MAX_TRIES = 6;

const DISCONNECTED = "There is no connection to the server at the moment.";
const OVERSIZED = 4413;
const TOO_MANY = 4429;
// After these it is no use to try again by itself.
const FINAL = { 4401: "logged-out", 4403: "refused" };

/** What the server answered instead of a result; `errors` are `{field: [{code, message}]}`. */
export class RequestError extends Error {
  constructor({ code = "failed", message = "Please check the fields.", errors = {} }) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

/**
 * `state` is connecting, open, waiting (it will try again), logged-out or refused; each change is an event "state".
 * A subscription (store.js) is told by `resume()` that there is a new connection, and by `receive()` of its frames.
 */
export class Connection extends EventTarget {
  state = "closed";
  #url;
  #ping;
  #socket = null;
  #attempts = 0;
  #timer = 0;
  #watch = 0;
  #number = 0;
  #pending = new Map();
  #subscriptions = new Map();

  /** `ping` is an event that the server answers at no cost. */
  constructor(url, ping) {
    super();
    this.#url = url;
    this.#ping = ping;
    window.addEventListener("online", () => this.state === "waiting" && this.open());
  }

  open() {
    clearTimeout(this.#timer);
    this.#set("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#received(data));
    socket.addEventListener("close", ({ code }) => socket === this.#socket && this.#lost(code));
  }

  // Requests ------------------------------------------------------------------------------------------------------------

  /** Answers the data of the reply. Asked again, if the connection is lost meanwhile. */
  read(event, data = {}) {
    return this.#request(event, data, { meta: { subscribe: false } });
  }

  /** As `read`; the key has the server do it once, however often it is sent. */
  write(event, data) {
    const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
    return this.#request(event, data, { meta: { subscribe: false, idempotency_key: key } });
  }

  /** For subscriptions: answers the whole frame, and is not asked again. */
  ask(event, data) {
    return this.#request(event, data, { once: true });
  }

  attach(subscription) {
    this.#subscriptions.set(subscription.name, subscription);
    if (this.#socket?.readyState === WebSocket.OPEN) subscription.resume();
  }

  detach(subscription) {
    if (this.#subscriptions.get(subscription.name) !== subscription) return;
    this.#subscriptions.delete(subscription.name);
    this.ask(`${subscription.stream}.unsubscribe#${subscription.hash}`, {}).catch(() => {});
  }

  #request(event, data, { meta, once = false }) {
    const name = once ? event : `${event}#r${(this.#number += 1)}`;
    return new Promise((resolve, reject) => {
      if (once && this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new RequestError({ code: "disconnected", message: DISCONNECTED }));
        return;
      }
      const text = JSON.stringify({ event: name, data, meta });
      const patience = setTimeout(() => this.#fail(name, this.#late()), PATIENCE);
      this.#pending.set(name, { resolve, reject, text, once, patience, tries: 0 });
      this.#send(name);
    });
  }

  #send(name) {
    const request = this.#pending.get(name);
    if (!request || this.#socket?.readyState !== WebSocket.OPEN) return;
    request.tries += 1;
    this.#socket.send(request.text);
  }

  #late() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return { code: "disconnected", message: DISCONNECTED };
    return { code: "timeout", message: "The server did not answer in time; what was asked may still take effect." };
  }

  #take(name) {
    const request = this.#pending.get(name);
    this.#pending.delete(name);
    clearTimeout(request?.patience);
    return request;
  }

  #fail(name, problem) {
    this.#take(name)?.reject(new RequestError(problem));
  }

  #failAll(problem, which = () => true) {
    for (const [name, request] of [...this.#pending]) if (which(request)) this.#fail(name, problem);
  }

  // Frames --------------------------------------------------------------------------------------------------------------

  #received(text) {
    // Also a refused handshake is open for a moment: only a frame shows that it was not refused.
    this.#attempts = 0;
    this.#set("open");
    this.#listen();
    const frame = JSON.parse(text);
    if (frame.event === "error") {
      this.#failed(frame.data);
    } else if (this.#pending.has(frame.event)) {
      const request = this.#take(frame.event);
      if (frame.data.success === false) request.reject(new RequestError({ errors: frame.data.errors }));
      else request.resolve(request.once ? frame : frame.data);
    } else {
      const [, stream, verb, hash = ""] = /^(.*)\.([^.#]+)(?:#(.*))?$/.exec(frame.event) ?? [];
      this.#subscriptions.get(`${stream}#${hash}`)?.receive(verb, frame.data, frame.meta ?? {});
    }
  }

  #failed(data) {
    const request = this.#pending.get(data.event);
    if (data.code === "rate_limited" && request && request.tries < MAX_TRIES) {
      // A little later than allowed, and not all at once: whoever was told so together would be told so again.
      setTimeout(() => this.#send(data.event), (data.retry_after ?? 1) * 1000 + Math.random() * 250);
    } else {
      this.#fail(data.event, data);
    }
  }

  // The connection's life -----------------------------------------------------------------------------------------------

  #opened() {
    for (const subscription of this.#subscriptions.values()) subscription.resume();
    for (const [name, request] of this.#pending) if (!request.once) this.#send(name);
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#watch = setTimeout(() => {
      this.#watch = setTimeout(() => {
        if (socket !== this.#socket) return;
        socket.close();
        this.#lost(1006);
      }, SILENCE / 2);
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ event: this.#ping, data: {} }));
    }, SILENCE);
  }

  #lost(code) {
    this.#socket = null;
    clearTimeout(this.#watch);
    this.#failAll({ code: "disconnected", message: DISCONNECTED }, (request) => request.once);
    if (code === OVERSIZED) this.#failAll({ code: "too_large", message: "That is more than the server takes at once." });
    if (code in FINAL) {
      this.#failAll({ code: FINAL[code], message: DISCONNECTED });
      this.#set(FINAL[code]);
      return;
    }
    const wait = code === TOO_MANY ? LONGEST_WAIT : Math.min(FIRST_WAIT * 2 ** this.#attempts, LONGEST_WAIT);
    this.#attempts += 1;
    // By chance between half and all of it, so that a restarted server does not meet everyone at once.
    this.#timer = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
    this.#set("waiting");
  }

  #set(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
