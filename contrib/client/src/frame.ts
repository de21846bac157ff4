/** One frame of the protocol. Keys beyond these are ignored. */
export interface Frame {
  event: string
  data: Record<string, any>
  meta?: Record<string, any>
}

/** A frame from its text, or null for what is none. */
export function parse(text: unknown): Frame | null {
  let value: any
  try {
    value = JSON.parse(String(text))
  } catch {
    return null
  }
  return typeof value?.event === "string" && typeof value.data === "object" && value.data !== null ? value : null
}

/** 64-bit integers travel as text, as in what the server sends. */
export function encode(frame: Frame): string {
  return JSON.stringify(frame, (_, value) => (typeof value === "bigint" ? String(value) : value))
}

/** `helpdesk.Ticket.retrieve#s1` in its parts. */
export function split(event: string): { stream: string; verb: string; hash: string } {
  const end = event.indexOf("#")
  const name = end < 0 ? event : event.slice(0, end)
  const dot = name.lastIndexOf(".")
  return { stream: name.slice(0, dot), verb: name.slice(dot + 1), hash: end < 0 ? "" : event.slice(end + 1) }
}

/** A text that no other client makes. */
export function uniqueKey(): string {
  // `randomUUID` is missing of pages without TLS.
  return crypto.getRandomValues(new Uint32Array(4)).join("-")
}

/** JSON that is equal for equal values, whatever the order of their keys. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === "bigint"
      ? String(item)
      : item && typeof item === "object" && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort())
        : item,
  )
}
