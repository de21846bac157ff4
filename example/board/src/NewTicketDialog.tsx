import { useEffect, useMemo, useRef } from "react"
import { useForm } from "@binding-schema/client/react"
import { tickets } from "./api"
import type { People } from "./App"
import { Dialog } from "./Dialog"
import { Field } from "./Field"
import { focusError, FormErrors } from "./forms"
import { page } from "./page"
import { OfflineNote } from "./Status"

interface Props {
  people: People
  /** The team that the board shows. */
  team: string
  onClose(): void
  onCreated(id: number): void
}

export function NewTicketDialog({ people, team, onClose, onCreated }: Props) {
  const element = useRef<HTMLFormElement>(null)
  const { teams, users } = people
  const choices = useMemo(() => choicesOf({ teams, users }), [teams, users])
  const first = teams.find(({ id }) => String(id) === team) ?? teams[0]
  const initial = { title: "", body: "", priority: page.priority as 1 | 2 | 3 | 4, ...(first && { team: first.id }) }
  const form = useForm(tickets, { initial, choices })
  const isReady = form.status === "ready"
  useEffect(() => {
    if (isReady) document.getElementById("new-title")?.focus()
  }, [isReady])
  const send = async () => {
    const done = await form.submit()
    if (done.ok) onCreated(done.id)
    else focusError(element.current)
  }
  return (
    <Dialog id="new-dialog" title="New ticket" dismiss="Cancel" className="small-panel" state={form.status} onClose={onClose}>
      <OfflineNote />
      {teams.length === 0 && <p className="alert">You are in no team, so there is no place for a ticket yet.</p>}
      {form.status === "loading" && <p className="note">Loading …</p>}
      {form.status === "error" && <p className="alert">{form.error?.message}</p>}
      {isReady && (
        <form
          ref={element}
          className="fields edit"
          data-role="new-form"
          aria-label="New ticket"
          aria-busy={form.submitting}
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void send()
          }}
        >
          <Field form="new" field={form.field("title")} wide />
          <Field form="new" field={form.field("body")} label="Description" wide />
          <Field form="new" field={form.field("team")} />
          <Field form="new" field={form.field("priority")} />
          <Field form="new" field={form.field("due_on")} label="Due" help={false} />
          <FormErrors form={form} />
          <div className="full actions">
            <button disabled={form.submitting}>Create ticket</button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

/** Teams and agents as the choices of a form's fields. */
export function choicesOf({ teams, users }: People) {
  return {
    team: teams.map(({ id, name }) => ({ value: id, label: name })),
    assignee: users.map(({ id, username }) => ({ value: id, label: username })),
  }
}
