import type { ReactNode } from "react"
import { Age } from "./Age"
import type { Ticket } from "./api"
import { Labels } from "./Labels"
import { assigneeName } from "./words"

export function Facts({ ticket }: { ticket: Ticket }) {
  return (
    <dl className="facts-list" data-role="facts">
      <Fact name="Assignee">{assigneeName(ticket)}</Fact>
      <Fact name="Created">
        <Age of={ticket.created_at} suffix=" ago" />
      </Fact>
      <Fact name="Changed">
        <Age of={ticket.updated_at} suffix=" ago" />
      </Fact>
      <Fact name="Due">{ticket.due_on ?? "no date"}</Fact>
      {ticket.cost !== undefined && <Fact name="Cost">{ticket.cost === null ? "none" : `€ ${ticket.cost}`}</Fact>}
      {ticket.labels.length > 0 && (
        <Fact name="Labels">
          <Labels labels={ticket.labels} />
        </Fact>
      )}
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
