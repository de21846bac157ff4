import { useMemo, useRef } from "react"
import { useForm, useList } from "@binding-schema/client/react"
import { Age } from "./Age"
import { comments } from "./api"
import type { Comment } from "./api"
import { Field } from "./Field"
import { focusError, FormErrors } from "./forms"

const NEWEST = 100

/** The newest comments, the oldest of them first, and a form to add one. */
export function Comments({ ticket }: { ticket: number }) {
  const list = useList(comments, { filters: { ticket }, order: ["-created_at", "-id"], limit: NEWEST }, { keep: false })
  const { rows, status, changed } = list
  const thread = useMemo(() => [...rows].reverse(), [rows])
  // A change of the ticket is told on its comments too, which then say nothing new.
  const isFresh = (id: number) => {
    const change = changed.get(id)
    return change !== undefined && !change.own && change.cause !== "update"
  }
  return (
    <section className="thread" data-role="comments" aria-labelledby="comments-title">
      <h3 id="comments-title">
        Comments <span className="count">{status === "ready" ? `${rows.length}${rows.length < NEWEST ? "" : "+"}` : ""}</span>
      </h3>
      {status === "error" && <p className="alert">{list.error?.message}</p>}
      {status === "ready" && rows.length === 0 && <p className="note">No comments yet.</p>}
      <ol aria-labelledby="comments-title">
        {thread.map((comment) => (
          <Item key={comment.id} comment={comment} isFresh={isFresh(comment.id)} />
        ))}
      </ol>
      <AddComment ticket={ticket} />
    </section>
  )
}

function Item({ comment, isFresh }: { comment: Comment; isFresh: boolean }) {
  return (
    <li className={isFresh ? "comment fresh" : "comment"}>
      <p className="small">
        <strong>{comment.author?.username ?? "someone"}</strong> · <Age of={comment.created_at} suffix=" ago" />
        {comment.internal && <span className="internal">internal</span>}
      </p>
      <p className="text">{comment.body}</p>
    </li>
  )
}

function AddComment({ ticket }: { ticket: number }) {
  const element = useRef<HTMLFormElement>(null)
  const form = useForm(comments, { initial: { ticket_id: ticket, body: "" } })
  const send = async () => {
    const done = await form.submit()
    if (!done.ok) focusError(element.current)
  }
  if (form.status !== "ready") return null
  return (
    <form
      ref={element}
      className="fields"
      data-role="comment-form"
      aria-label="Add a comment"
      aria-busy={form.submitting}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <Field form="comment" field={form.field("body")} label="Add a comment" rows={3} wide />
      <Field form="comment" field={form.field("internal")} label="Internal: for staff only" help={false} wide />
      <FormErrors form={form} />
      <button disabled={form.submitting}>Comment</button>
    </form>
  )
}
