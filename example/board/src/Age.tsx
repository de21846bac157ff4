import { useSyncExternalStore } from "react"
import { age } from "./words"

const STEP = 30_000
const listeners = new Set<() => void>()
let now = Date.now()
setInterval(() => {
  now = Date.now()
  for (const listener of listeners) listener()
}, STEP)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A time as its age, which stays true, and when it was for who points at it. */
export function Age({ of, suffix = "" }: { of: string; suffix?: string }) {
  const ticked = useSyncExternalStore(subscribe, () => now)
  // What came since the last tick is not from the future.
  const text = age(of, Math.max(ticked, Date.parse(of)))
  return (
    <time dateTime={of} title={new Date(of).toLocaleString()}>
      {text === "just now" ? text : `${text}${suffix}`}
    </time>
  )
}
