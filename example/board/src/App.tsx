import { useEffect, useMemo, useRef, useState } from "react"
import { useConnection, useList } from "@binding-schema/client/react"
import { useOpenTicket, useShown, useViewName, wantedOf } from "./address"
import { api } from "./api"
import { Board } from "./Board"
import { Filters } from "./Filters"
import { focus } from "./focus"
import { NewTicketDialog } from "./NewTicketDialog"
import { news, useSentence } from "./news"
import { page } from "./page"
import { Problem, useProblem } from "./Problem"
import { ConnectionState, LoggedOut } from "./Status"
import { Table } from "./Table"
import { TakeButton } from "./TakeButton"
import { TicketDialog } from "./TicketDialog"

export interface People {
  teams: readonly { id: number; name: string }[]
  users: readonly { id: number; username: string }[]
}

export function App() {
  const [shown, change] = useShown()
  const [view, setView] = useViewName()
  const [open, setOpen] = useOpenTicket()
  const [isNew, setNew] = useState(false)
  const problem = useProblem()
  const { state } = useConnection()
  const teams = useList(api.helpdesk.Team, { order: "name" }).rows
  const users = useList(api.auth.User, { order: "username" }).rows
  const people = useMemo<People>(() => ({ teams, users }), [teams, users])
  const wanted = useMemo(() => wantedOf(shown), [shown])
  useFocusAfter(open)
  const isStale = state === "reconnecting" || state === "offline" || state === "closed"

  return (
    <div className={isStale ? "board stale" : "board"}>
      <div className="heading board-heading">
        <h1>Tickets</h1>
        <ConnectionState />
        <div className="board-actions">
          <TakeButton team={shown.team} onTaken={setOpen} onProblem={problem.tell} />
          <button type="button" data-role="new" onClick={() => setNew(true)}>
            New ticket
          </button>
        </div>
      </div>
      <LoggedOut />
      <Problem problem={problem} />
      <p className="sr" aria-live="polite" data-role="news">
        {useSentence()}
      </p>
      <Filters shown={shown} onChange={change} people={people} view={view} onView={setView} />
      {view === "board" ? (
        <Board wanted={wanted} onOpen={setOpen} onProblem={problem.tell} />
      ) : (
        <Table wanted={wanted} shown={shown} onChange={change} onOpen={setOpen} />
      )}
      <p className="note">
        {view === "board"
          ? "The latest change comes first. Arrow keys go from ticket to ticket, Enter opens one, Shift with ← or → moves it. "
          : "Enter opens a ticket. "}
        Open this page in a second browser as someone else, and change something there.{" "}
        <a href={page.about}>What is where, and who can log in</a>
      </p>
      {open !== null && (
        <TicketDialog
          key={open}
          id={open}
          people={people}
          onClose={() => setOpen(null)}
          onDelete={() => news.mine(open)}
        />
      )}
      {isNew && (
        <NewTicketDialog
          people={people}
          team={shown.team}
          onClose={() => setNew(false)}
          onCreated={(id) => {
            setNew(false)
            setOpen(id)
          }}
        />
      )}
    </div>
  )
}

/** After the dialog of a ticket. */
function useFocusAfter(open: number | null): void {
  const before = useRef<number | null>(null)
  useEffect(() => {
    if (open === null && before.current !== null) focus.backTo(before.current)
    before.current = open
  }, [open])
}
