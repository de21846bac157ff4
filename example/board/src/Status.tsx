import { useConnection } from "@binding-schema/client/react"
import { page } from "./page"

const WORDS = {
  connecting: "Connecting …",
  live: "Live",
  reconnecting: "Connection lost, reconnecting …",
  offline: "Offline",
  closed: "Not connected",
}

const isLoggedOut = (state: string, reason: string | undefined) => state === "closed" && reason === "unauthenticated"

/** The connection's state in words, and a way to try again at once. */
export function ConnectionState() {
  const { state, reason, transport, reconnect } = useConnection()
  const loggedOut = isLoggedOut(state, reason)
  const words = loggedOut ? "Logged out" : state === "live" && transport === "sse" ? "Live, by HTTP" : WORDS[state]
  const canTry = state === "reconnecting" || state === "offline" || (state === "closed" && !loggedOut)
  return (
    <>
      <p className="status" role="status" data-role="status" data-state={loggedOut ? "logged-out" : state}>
        {words}
      </p>
      {canTry && (
        <button type="button" className="quiet" onClick={reconnect}>
          Try now
        </button>
      )}
    </>
  )
}

export function LoggedOut() {
  const { state, reason } = useConnection()
  if (state !== "closed") return null
  if (!isLoggedOut(state, reason)) {
    return (
      <p className="alert" role="alert">
        The server refuses the connection{reason ? ` (${reason})` : ""}, so nothing here is live.
      </p>
    )
  }
  return (
    <p className="alert" role="alert" data-role="logged-out">
      You are logged out, so the board stands still. <a href={page.login}>Log in again</a>
    </p>
  )
}

/** In a dialog, which hides the rest of the page. */
export function OfflineNote() {
  const { state, reason } = useConnection()
  if (isLoggedOut(state, reason)) return <LoggedOut />
  if (state !== "reconnecting" && state !== "offline") return null
  return (
    <p className="alert" role="alert" data-role="offline">
      The connection is lost. It is being made again; what you send meanwhile waits for it.
    </p>
  )
}
