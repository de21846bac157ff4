import { useSearch } from "@binding-schema/client/react"
import type { Shown, Wanted } from "./address"
import { Age } from "./Age"
import { tickets } from "./api"
import type { Order, Ticket } from "./api"
import { useNote, useSeen } from "./news"
import { Pages } from "./Pages"
import { assigneeName, priorityName, statusName, teamName } from "./words"

const SIZE = 20
const COLUMNS: { name: string; label: string; order?: "title" | "status" | "priority" | "due_on" | "updated_at"; wide?: true }[] = [
  { name: "title", label: "Ticket", order: "title" },
  { name: "status", label: "Status", order: "status" },
  { name: "priority", label: "Priority", order: "priority", wide: true },
  { name: "team", label: "Team", wide: true },
  { name: "assignee", label: "Assignee", wide: true },
  { name: "due", label: "Due", order: "due_on", wide: true },
  { name: "updated", label: "Changed", order: "updated_at", wide: true },
]
const FALLBACK = "-updated_at"

interface Props {
  wanted: Wanted
  shown: Shown
  onChange(change: Partial<Shown>): void
  onOpen(id: number): void
}

/** One page of the tickets, in an order of one's choice. */
export function Table({ wanted, shown, onChange, onOpen }: Props) {
  const order = COLUMNS.some((column) => column.order && column.order === shown.order.replace(/^-/, "")) ? shown.order : FALLBACK
  const number = Math.max(1, Math.min(Number(shown.page) || 1, 100_000))
  const list = useSearch(tickets, { ...wanted, order: [order as Order, "-id"], page: number, limit: SIZE })
  const query = JSON.stringify([wanted, order, number])
  useSeen("table", query, list, true)
  const pages = Math.max(1, Math.ceil((list.count ?? 0) / SIZE))
  return (
    <section className="table-view" aria-label="Tickets as a table">
      {list.status === "error" && <p className="alert">The tickets could not be read: {list.error?.message}</p>}
      <table className="tickets-table" aria-busy={list.status === "loading" || list.stale}>
        <caption>{captionOf(list, number, pages)}</caption>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head key={column.name} column={column} order={order} onOrder={(next) => onChange({ order: next })} />
            ))}
          </tr>
        </thead>
        <tbody>
          {list.rows.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
      {pages > 1 && <Pages at={number} of={pages} onGo={(page) => onChange({ page: String(page) })} />}
    </section>
  )
}

function captionOf(list: { status: string; count: number | null }, number: number, pages: number): string {
  if (list.status === "loading") return "Loading …"
  const count = list.count ?? 0
  if (count === 0) return "No tickets here."
  const words = count === 1 ? "1 ticket" : `${count} tickets`
  return pages > 1 ? `${words}, page ${number} of ${pages}` : words
}

interface HeadProps {
  column: (typeof COLUMNS)[number]
  order: string
  onOrder(order: string): void
}

function Head({ column, order, onOrder }: HeadProps) {
  const by = column.order
  const isUp = order === by
  const isDown = by !== undefined && order === `-${by}`
  return (
    <th scope="col" className={column.wide && "wide-only"} aria-sort={isUp ? "ascending" : isDown ? "descending" : undefined}>
      {by === undefined ? (
        column.label
      ) : (
        <button type="button" className="sort" onClick={() => onOrder(isDown ? by : `-${by}`)}>
          {column.label}
          <span aria-hidden="true">{isUp ? " ↑" : isDown ? " ↓" : ""}</span>
        </button>
      )}
    </th>
  )
}

function Row({ ticket, onOpen }: { ticket: Ticket; onOpen(id: number): void }) {
  const note = useNote(ticket.id)
  return (
    <tr className={note ? "fresh" : undefined} data-ticket={ticket.id} data-priority={ticket.priority}>
      <th scope="row">
        <button type="button" className="ticket-title" aria-haspopup="dialog" onClick={() => onOpen(ticket.id)}>
          {ticket.title}
        </button>
        <p className="small narrow-only">
          {priorityName(ticket.priority)} · {teamName(ticket)} · {assigneeName(ticket)}
        </p>
        {note && <p className="fresh-note">Updated just now: {note.text}</p>}
      </th>
      <td>
        <span className="pill" data-status={ticket.status}>
          {statusName(ticket.status)}
        </span>
      </td>
      <td className="wide-only">
        <span className="priority">{priorityName(ticket.priority)}</span>
      </td>
      <td className="wide-only">{teamName(ticket)}</td>
      <td className="wide-only">{ticket.assignee?.username ?? <span className="nobody">unassigned</span>}</td>
      <td className="wide-only">{ticket.due_on ?? "–"}</td>
      <td className="wide-only">
        <Age of={ticket.updated_at} suffix=" ago" />
      </td>
    </tr>
  )
}
