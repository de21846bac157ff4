import type { AnyStream } from "@binding-schema/client"
import type { Form } from "@binding-schema/client/react"

/** What is wrong with the whole of it: what has no field of its own, or why it could not be sent at all. */
export function FormErrors({ form }: { form: Pick<Form<AnyStream>, "errors" | "error" | "fields"> }) {
  const said = form.errors.map(({ message }) => message).join(" ")
  const isInFields = form.fields.some(({ errors }) => errors.length > 0)
  const text = said || (isInFields ? "" : (form.error?.message ?? ""))
  return (
    <p className="error full" role="alert" data-error="__all__">
      {text}
    </p>
  )
}

/** The first field with an error has the focus: a screen reader says it with its message. */
export function focusError(form: HTMLFormElement | null, frames = 60): void {
  requestAnimationFrame(() => {
    const field = form?.querySelector<HTMLElement>("[aria-invalid=true]")
    // On a busy machine a frame may come before the errors are in the page; and there may be none that is a field's.
    if (field) field.focus()
    else if (frames > 1) focusError(form, frames - 1)
  })
}
