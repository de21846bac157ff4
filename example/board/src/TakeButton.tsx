import { useAction } from "@binding-schema/client/react"
import { tickets } from "./api"

interface Props {
  team: string
  onTaken(id: number): void
  onProblem(text: string): void
}

/** Assigns to oneself the most urgent ticket that waits, and opens it. */
export function TakeButton({ team, onTaken, onProblem }: Props) {
  const take = useAction(tickets, "take")
  const press = async () => {
    try {
      const ticket = await take.run(/^\d+$/.test(team) ? { team: Number(team) } : {})
      onTaken(ticket.id)
    } catch (error) {
      onProblem((error as Error).message)
    }
  }
  return (
    <button type="button" className="quiet" data-role="take-next" disabled={take.pending} onClick={() => void press()}>
      Take the next
    </button>
  )
}
