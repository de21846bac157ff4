import { useState } from "react"
import type { FormEvent } from "react"
import { useAction } from "@binding-schema/client/react"
import { tickets } from "./api"

/** Closing by the action `close`, which takes a reason. */
export function CloseForm({ id, onClosed }: { id: number; onClosed(): void }) {
  const [reason, setReason] = useState("")
  const close = useAction(tickets, "close")
  const errors = close.error?.errors?.["reason"] ?? []
  const rest = close.error && errors.length === 0 ? close.error.message : ""
  const send = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await close.run(id, { reason })
      onClosed()
    } catch {
      document.getElementById("close-reason")?.focus()
    }
  }
  return (
    <form className="fields" data-role="close-form" aria-label="Close the ticket" noValidate onSubmit={(event) => void send(event)}>
      <div>
        <label htmlFor="close-reason">Close it because</label>
        <textarea
          id="close-reason"
          name="reason"
          rows={2}
          value={reason}
          aria-invalid={errors.length > 0 || undefined}
          aria-describedby="close-reason-error close-help"
          onChange={(event) => {
            setReason(event.target.value)
            close.reset()
          }}
        />
        <p className="error" id="close-reason-error" data-error="reason">
          {errors.map(({ message }) => message).join(" ")}
        </p>
        <p className="error" role="alert" data-error="__all__">
          {rest}
        </p>
        <p className="note" id="close-help">
          The reason becomes a comment.
        </p>
      </div>
      <button className="danger" disabled={close.pending}>
        Close ticket
      </button>
    </form>
  )
}
