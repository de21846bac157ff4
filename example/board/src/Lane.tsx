import { useEffect, useLayoutEffect, useState } from "react"
import type { DragEvent, FocusEvent } from "react"
import { useList } from "@binding-schema/client/react"
import type { Wanted } from "./address"
import { tickets } from "./api"
import type { Status, Ticket } from "./api"
import { Card } from "./Card"
import { focus } from "./focus"
import { useSeen } from "./news"

const FIRST = 50
const MORE = 50
const MOST = 500
export const DRAGGED = "application/x-helpdesk-ticket"

interface Props {
  status: Status
  label: string
  wanted: Wanted
  isChosen: boolean
  onOpen(id: number): void
  onMove(ticket: Ticket, status: Status): void
  onCount(status: Status, count: string): void
}

/** One column: a live list, and a card for each of its tickets. */
export function Lane({ status, label, wanted, isChosen, onOpen, onMove, onCount }: Props) {
  const query = JSON.stringify(wanted)
  const [limit, setLimit] = useLimit(query)
  const list = useList(tickets, { ...wanted, filters: { ...wanted.filters, status }, order: ["-updated_at", "-id"], limit })
  const { rows } = list
  const isFull = rows.length >= limit
  const isLoading = list.status === "loading"
  const isBusy = isLoading || (list.status === "ready" && list.stale)
  const count = isLoading ? "" : isFull ? `${rows.length}+` : String(rows.length)
  const [current, setCurrent] = useState<number | null>(null)
  const stop = rows.some(({ id }) => id === current) ? current : (rows[0]?.id ?? null)
  useSeen(status, query, list, isFull)
  useEffect(() => onCount(status, count), [onCount, status, count])
  useLayoutEffect(() => focus.restore())
  return (
    <section className={isChosen ? "lane chosen" : "lane"} data-status={status} aria-labelledby={`lane-${status}`} {...useDrop(status, onMove)}>
      <div className="lane-head">
        <h2 id={`lane-${status}`} tabIndex={-1}>
          {label}
        </h2>
        <span className="count" data-role="count">
          {count}
        </span>
      </div>
      <div className="lane-body">
        {list.status === "error" && <p className="alert">The tickets could not be read: {list.error?.message}</p>}
        {isLoading && <p className="note">Loading …</p>}
        {list.status === "ready" && rows.length === 0 && <p className="note">No tickets here.</p>}
        <ul
          className="tickets"
          aria-labelledby={`lane-${status}`}
          aria-busy={isBusy}
          onFocus={(event) => setCurrent(focusedIn(event, status))}
          onBlur={() => focus.off()}
        >
          {rows.map((ticket) => (
            <Card key={ticket.id} ticket={ticket} isStop={ticket.id === stop} onOpen={onOpen} onMove={onMove} />
          ))}
        </ul>
        {isFull && limit < MOST && (
          <button type="button" className="quiet" onClick={() => setLimit(Math.min(limit + MORE, MOST))}>
            Show more
          </button>
        )}
      </div>
    </section>
  )
}

/** Grows when asked, and begins anew with other filters. */
function useLimit(query: string): [number, (limit: number) => void] {
  const [asked, setAsked] = useState({ query, limit: FIRST })
  return [asked.query === query ? asked.limit : FIRST, (limit) => setAsked({ query, limit })]
}

function focusedIn(event: FocusEvent<HTMLElement>, status: string): number | null {
  const card = event.target.closest<HTMLElement>(".ticket")
  const id = card === null ? null : Number(card.dataset["ticket"])
  if (card !== null && id !== null) focus.on(id, status, [...event.currentTarget.children].indexOf(card))
  return id
}

/** A card that is dropped here is moved here. */
function useDrop(status: Status, onMove: (ticket: Ticket, status: Status) => void) {
  const [isOver, setOver] = useState(false)
  const isCard = (event: DragEvent) => event.dataTransfer.types.includes(DRAGGED)
  return {
    "data-over": isOver || undefined,
    onDragOver: (event: DragEvent) => {
      if (!isCard(event)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false)
      if (!isCard(event)) return
      event.preventDefault()
      const ticket = JSON.parse(event.dataTransfer.getData(DRAGGED)) as Ticket
      if (ticket.status !== status) onMove(ticket, status)
    },
  }
}
