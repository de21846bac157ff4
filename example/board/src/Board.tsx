import { useState } from "react"
import type { KeyboardEvent } from "react"
import type { Wanted } from "./address"
import { statuses } from "./api"
import type { Status, Ticket } from "./api"
import { focus } from "./focus"
import { Lane } from "./Lane"
import { moveTicket } from "./move"

interface Props {
  wanted: Wanted
  onOpen(id: number): void
  onProblem(text: string): void
}

/** Three columns. On a narrow screen one of them is shown at a time. */
export function Board({ wanted, onOpen, onProblem }: Props) {
  const lanes = statuses.filter(([status]) => !wanted.filters.status || wanted.filters.status === status)
  const [chosen, setChosen] = useState<Status>("open")
  const [counts, setCounts] = useState<Partial<Record<Status, string>>>({})
  const isThere = lanes.some(([status]) => status === chosen)
  const onCount = (status: Status, count: string) =>
    setCounts((now) => (now[status] === count ? now : { ...now, [status]: count }))
  const onMove = (ticket: Ticket, status: Status) => {
    focus.follow(ticket.id)
    setChosen(status)
    moveTicket(ticket, status).catch((error: Error) => {
      onProblem(`“${ticket.title}” could not be moved: ${error.message}`)
    })
  }
  return (
    <>
      {lanes.length > 1 && (
        <div className="switch" role="group" aria-label="Column shown">
          {lanes.map(([status, label]) => (
            <button
              key={status}
              type="button"
              data-role={`show-${status}`}
              aria-pressed={chosen === status}
              onClick={() => setChosen(status)}
            >
              {label} <span data-role="count">{counts[status]}</span>
            </button>
          ))}
        </div>
      )}
      <div className="lanes" data-lanes={lanes.length} onKeyDown={walk}>
        {lanes.map(([status, label], index) => (
          <Lane
            key={status}
            status={status}
            label={label}
            wanted={wanted}
            isChosen={isThere ? chosen === status : index === 0}
            onOpen={onOpen}
            onMove={onMove}
            onCount={onCount}
          />
        ))}
      </div>
    </>
  )
}

/** Up and down within a column, left and right to the next one that has tickets. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement
  if (!target.matches(".ticket-title") || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const lanes = [...event.currentTarget.querySelectorAll<HTMLElement>(".lane")].map((lane) => [
    ...lane.querySelectorAll<HTMLElement>(".ticket-title"),
  ])
  const at = lanes.findIndex((lane) => lane.includes(target))
  const lane = lanes[at] ?? []
  const index = lane.indexOf(target)
  const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: lane.length - 1 }
  const sideways = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  const rest = sideways === 1 ? lanes.slice(at + 1) : lanes.slice(0, at).reverse()
  const beside = rest.find((cards) => cards.length > 0 && cards[0]?.offsetParent != null) ?? []
  const next = sideways ? beside[Math.min(index, beside.length - 1)] : lane[steps[event.key] ?? -1]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
  next.closest(".ticket")?.scrollIntoView({ block: "nearest" })
}
