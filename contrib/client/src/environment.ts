/** What a browser tells of the network and the page. Workers have a part of it, Node has none. */
export interface Surroundings {
  online(): void
  offline(): void
  visible(): void
}

export function watch(tell: Surroundings): () => void {
  const page: Document | undefined = globalThis.document
  const seen = () => {
    if (page?.visibilityState !== "hidden") tell.visible()
  }
  const each = (method: "addEventListener" | "removeEventListener") => {
    const scope: Partial<EventTarget> = globalThis as any
    scope[method]?.("online", tell.online)
    scope[method]?.("offline", tell.offline)
    // A page that comes back from the browser's back-forward cache.
    scope[method]?.("pageshow", seen)
    page?.[method]("visibilitychange", seen)
  }
  each("addEventListener")
  return () => each("removeEventListener")
}

/** False only where the browser is certain. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false
}

/** Of a path the whole address, by the page's own; `scheme` is `ws` or `http`. */
export function absolute(address: string, scheme: "ws" | "http", base?: string): string {
  const from = base ?? globalThis.location?.href
  if (!from && !/^\w+:/.test(address)) {
    throw new TypeError(`${address} is no whole address, and there is no page.`)
  }
  const url = new URL(address, from)
  url.protocol = scheme + (/^(https|wss):$/.test(url.protocol) ? "s:" : ":")
  url.hash = ""
  return url.href
}

/** A timer that does not keep a Node process alive by itself. */
export function every(milliseconds: number, run: () => void): () => void {
  const timer: any = setInterval(run, milliseconds)
  timer.unref?.()
  return () => clearInterval(timer)
}

export function backoff(failures: number, min: number, max: number, random = Math.random): number {
  return Math.min(min * 2 ** Math.min(failures, 30), max) * (0.5 + random() / 2)
}
