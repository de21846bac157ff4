import { useMemo, useRef } from "react"
import { useForm, useList, useSave } from "@binding-schema/client/react"
import { api, tickets } from "./api"
import type { Ticket } from "./api"
import type { People } from "./App"
import { Field } from "./Field"
import { focusError, FormErrors } from "./forms"
import { choicesOf } from "./NewTicketDialog"
import { page } from "./page"

interface Props {
  ticket: Ticket
  people: People
  message: string
  say(text: string): void
}

/** The ticket's fields, as the schema has them for this user. */
export function EditForm({ ticket, people, message, say }: Props) {
  const element = useRef<HTMLFormElement>(null)
  const labels = useList(api.helpdesk.Label, { order: "name" }).rows
  const choices = useMemo(
    () => ({ ...choicesOf(people), labels: labels.map(({ id, name }) => ({ value: id, label: name })) }),
    [people, labels],
  )
  const form = useForm(tickets, { id: ticket.id, choices })
  const send = async () => {
    say("") // the same words a second time would not be read out
    const done = await form.submit()
    if (done.ok) say(done.unchanged ? "There is nothing to save: no field was changed." : "Saved.")
    else focusError(element.current)
  }
  const cost = form.field("cost")
  return (
    <form
      ref={element}
      className="fields edit"
      data-role="edit"
      aria-label="Change the ticket"
      aria-busy={form.submitting}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <Field form="edit" field={form.field("title")} wide />
      <Field form="edit" field={form.field("body")} label="Description" wide rows={5} help={false} />
      <Field form="edit" field={form.field("team")} />
      <Field form="edit" field={form.field("status")} help={false} />
      <Field form="edit" field={form.field("priority")} />
      <Field form="edit" field={form.field("assignee")} nothing="nobody" help={false} />
      <Field form="edit" field={form.field("due_on")} label="Due" help={false} />
      {cost && !cost.readOnly && <Field form="edit" field={cost} label="Cost in €" help={false} />}
      <Field form="edit" field={form.field("labels")} wide />
      <FormErrors form={form} />
      <div className="full actions">
        <button disabled={form.submitting}>Save</button>
        {form.dirty && (
          <button type="button" className="quiet" onClick={form.reset}>
            Undo
          </button>
        )}
        <AssignButton ticket={ticket} say={say} />
        <p className="note" role="status" data-role="message">
          {message}
        </p>
      </div>
    </form>
  )
}

function AssignButton({ ticket, say }: Pick<Props, "ticket" | "say">) {
  const isMine = ticket.assignee?.id === page.me.id
  // Shown at once, with the name that the server will answer.
  const save = useSave(tickets, { optimistic: { assignee: isMine ? null : page.me } })
  const press = async () => {
    say("")
    try {
      await save.run({ id: ticket.id, assignee: isMine ? null : page.me.id })
      say(isMine ? "Nobody works on it now." : "It is yours now.")
    } catch (error) {
      say((error as Error).message)
    }
  }
  return (
    <button type="button" className="quiet" data-role="assign" disabled={save.pending} onClick={() => void press()}>
      {isMine ? "Unassign" : "Assign to me"}
    </button>
  )
}
