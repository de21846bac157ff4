import { memo } from "react"
import type { KeyboardEvent } from "react"
import { Age } from "./Age"
import { statuses } from "./api"
import type { Status, Ticket } from "./api"
import { Labels } from "./Labels"
import { DRAGGED } from "./Lane"
import { useNote } from "./news"
import { priorityName, teamName } from "./words"

interface Props {
  ticket: Ticket
  /** Tab stops at one card of a column; the arrow keys lead to the others. */
  isStop: boolean
  onOpen(id: number): void
  onMove(ticket: Ticket, status: Status): void
}

export const Card = memo(function Card({ ticket, isStop, onOpen, onMove }: Props) {
  const note = useNote(ticket.id)
  const at = statuses.findIndex(([status]) => status === ticket.status)
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const next = step === undefined || !event.shiftKey ? undefined : statuses[at + step]
    if (next === undefined) return
    event.preventDefault()
    onMove(ticket, next[0])
  }
  return (
    <li
      className={note ? "ticket fresh" : "ticket"}
      data-ticket={ticket.id}
      data-priority={ticket.priority}
      draggable
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, JSON.stringify(ticket))}
    >
      <h3>
        <button
          type="button"
          className="ticket-title"
          tabIndex={isStop ? 0 : -1}
          aria-haspopup="dialog"
          aria-keyshortcuts="Shift+ArrowLeft Shift+ArrowRight"
          onClick={() => onOpen(ticket.id)}
          onKeyDown={keys}
        >
          {ticket.title}
        </button>
      </h3>
      <div className="ticket-body">
        <p className="facts">
          <span className="priority">{priorityName(ticket.priority)}</span>
          <span>{teamName(ticket)}</span>
          <span className={ticket.assignee ? "person" : "person nobody"}>{ticket.assignee?.username ?? "unassigned"}</span>
        </p>
        {ticket.labels.length > 0 && <Labels labels={ticket.labels} />}
        <div className="ticket-foot">
          <p className="small">
            #{ticket.id} · <Age of={ticket.created_at} suffix=" old" />
          </p>
          <div className="moves">
            <Move ticket={ticket} to={statuses[at - 1]} arrow="←" isStop={isStop} onMove={onMove} />
            <Move ticket={ticket} to={statuses[at + 1]} arrow="→" isStop={isStop} onMove={onMove} />
          </div>
        </div>
        {note && <p className="fresh-note">Updated just now: {note.text}</p>}
      </div>
    </li>
  )
})

interface MoveProps extends Pick<Props, "ticket" | "isStop" | "onMove"> {
  to: [Status, string] | undefined
  arrow: string
}

function Move({ ticket, to, arrow, isStop, onMove }: MoveProps) {
  if (to === undefined) return null
  return (
    <button
      type="button"
      className="move"
      tabIndex={isStop ? 0 : -1}
      aria-label={`Move “${ticket.title}” to ${to[1]}`}
      title={`Move to ${to[1]}`}
      onClick={() => onMove(ticket, to[0])}
    >
      {arrow}
    </button>
  )
}
