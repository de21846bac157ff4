import { useEffect, useRef, useState } from "react"
import { useConnection, useDelete, useObject } from "@binding-schema/client/react"
import type { AnyStream } from "@binding-schema/client"
import type { ObjectResult } from "@binding-schema/client/react"
import { tickets } from "./api"
import type { Ticket } from "./api"
import type { People } from "./App"
import { CloseForm } from "./CloseForm"
import { Comments } from "./Comments"
import { Dialog } from "./Dialog"
import { EditForm } from "./EditForm"
import { Facts } from "./Facts"
import { OfflineNote } from "./Status"
import { whatChanged } from "./words"

interface Props {
  id: number
  people: People
  onClose(): void
  /** The ticket is about to be deleted from here. */
  onDelete(): void
}

/** One ticket: a form to change it, its comments, and what else is known of it. */
export function TicketDialog({ id, people, onClose, onDelete }: Props) {
  const object = useObject(tickets, id)
  const [message, say] = useState("")
  const ticket = object.row
  const isGone = object.status === "missing" || object.status === "error"
  useOthers(object, say)
  return (
    <Dialog
      id="ticket-dialog"
      title={ticket && !isGone ? `#${ticket.id} ${ticket.title}` : `Ticket #${id}`}
      dismiss="Back to the board"
      state={isGone ? "gone" : ticket ? "shown" : "loading"}
      onClose={onClose}
    >
      <OfflineNote />
      {isGone && (
        <p className="alert" role="alert" data-role="gone">
          {goneBecause(object)}
        </p>
      )}
      {!isGone && !ticket && <p className="note">Loading …</p>}
      {!isGone && ticket && (
        <div className="panel-body">
          <div className="panel-main">
            <EditForm ticket={ticket} people={people} message={message} say={say} />
            <Comments ticket={id} />
          </div>
          <aside className="panel-side" aria-label="Facts and more">
            <Facts ticket={ticket} />
            {ticket.status !== "closed" && <CloseForm id={id} onClosed={() => say("Closed.")} />}
            <DeleteButton id={id} onDelete={onDelete} onDeleted={onClose} say={say} />
          </aside>
        </div>
      )}
    </Dialog>
  )
}

function goneBecause({ error, change }: Pick<ObjectResult<AnyStream>, "error" | "change">): string {
  if (change?.cause === "delete") return "This ticket was deleted."
  if (error !== undefined && error.code !== "not_found") return error.message
  return "You cannot see this ticket: it is with another team, or there is none of this number."
}

/** Says when someone else changes the ticket that is open, and what. */
function useOthers({ row, change }: { row?: Ticket; change?: { own: boolean; at: number } }, say: (text: string) => void): void {
  const last = useRef<{ row: Ticket | undefined; at: number }>({ row: undefined, at: Date.now() })
  useEffect(() => {
    const before = last.current
    if (row === undefined) return
    // The row may be here already when its change is told: so it is compared with that of the change before.
    const isNews = change !== undefined && change.at > before.at
    if (isNews || before.row === undefined) last.current = { row, at: isNews ? change.at : before.at }
    if (!isNews || change.own || before.row === undefined) return
    const what = whatChanged(before.row, row)
    if (what) say(`Someone else has just changed this ticket: ${what}.`)
  }, [row, change, say])
}

interface DeleteProps {
  id: number
  onDelete(): void
  onDeleted(): void
  say(text: string): void
}

function DeleteButton({ id, onDelete, onDeleted, say }: DeleteProps) {
  const [isAsking, ask] = useState(false)
  const { state } = useConnection()
  const remove = useDelete(tickets)
  const press = async () => {
    onDelete()
    try {
      await remove.run(id)
      onDeleted()
    } catch (error) {
      ask(false)
      say((error as Error).message)
    }
  }
  if (!isAsking) {
    return (
      <button type="button" className="danger" data-role="delete" disabled={state === "closed"} onClick={() => ask(true)}>
        Delete ticket …
      </button>
    )
  }
  return (
    <div className="actions" role="group" aria-label="Delete this ticket and its comments?">
      <p>Delete this ticket and its comments?</p>
      <button type="button" className="danger" autoFocus disabled={remove.pending} onClick={() => void press()}>
        Delete
      </button>
      <button type="button" className="quiet" onClick={() => ask(false)}>
        Keep
      </button>
    </div>
  )
}
