import { useId } from "react"
import type { ReactNode } from "react"
import { inputProps } from "@binding-schema/client/react"
import type { Choice, FormField } from "@binding-schema/client/react"

interface Props {
  field: FormField | undefined
  /** Of the elements' ids, since the same field may be in two forms. */
  form: string
  label?: string
  rows?: number
  wide?: boolean
  /** What stands for no choice. */
  nothing?: string
  /** Whether to show what the schema says of the field. */
  help?: boolean
}

/** A field of a form with its label, its input, what is wrong with it, and what someone else made of it meanwhile. */
export function Field({ field, form, label, rows = 4, wide = false, nothing = "–", help = true }: Props) {
  const notes = useId()
  if (field === undefined) return null
  const id = `${form}-${field.name}`
  const text = label ?? field.label
  const { "aria-invalid": isInvalid, ...props } = inputProps(field)
  const shared = { id, "aria-invalid": isInvalid, "aria-describedby": `${id}-error ${notes}`, autoComplete: "off" }
  const below = (
    <>
      <p className="error" id={`${id}-error`} data-error={field.name}>
        {field.errors.map(({ message }) => message).join(" ")}
      </p>
      <p className="note" id={notes} data-role={`note-${field.name}`}>
        {field.conflict ? `Meanwhile changed to: ${named(field)}` : help ? field.help : ""}
      </p>
    </>
  )
  if (field.kind === "relations") return <Checks field={field} id={id} label={text} below={below} />
  if (field.kind === "boolean") {
    return (
      <div className={wide ? "full" : ""}>
        <label className="check">
          <input {...props} {...shared} value="on" /> {text}
        </label>
        {below}
      </div>
    )
  }
  return (
    <div className={wide ? "full" : ""}>
      <label htmlFor={id}>{text}</label>
      {field.kind === "choice" || field.kind === "relation" ? (
        <select {...props} {...shared}>
          {(field.nullable || field.value === undefined || field.value === null) && <option value="">{nothing}</option>}
          {optionsOf(field).map(({ value, label }) => (
            <option key={String(value)} value={String(value)}>
              {label}
            </option>
          ))}
        </select>
      ) : field.kind === "multiline" ? (
        <textarea {...props} {...shared} rows={rows} />
      ) : (
        <input {...props} {...shared} />
      )}
      {below}
    </div>
  )
}

/** What is chosen is a choice, also where this user does not see the object that it is. */
function optionsOf(field: FormField): readonly Choice[] {
  const { value, choices } = field
  const isKnown = value === null || value === undefined || choices.some((choice) => choice.value === value)
  return isKnown ? choices : [...choices, { value: value as Choice["value"], label: `#${String(value)}` }]
}

function named({ theirs, choices, kind }: FormField): string {
  const name = (value: unknown) => choices.find((choice) => choice.value === value)?.label ?? String(value)
  if (kind === "relations" && Array.isArray(theirs)) return theirs.map(name).join(", ") || "none"
  return theirs === null || theirs === undefined || theirs === "" ? "nothing" : name(theirs)
}

function Checks({ field, id, label, below }: { field: FormField; id: string; label: string; below: ReactNode }) {
  const chosen = Array.isArray(field.value) ? field.value : []
  const toggle = (value: unknown, isOn: boolean) =>
    field.set(isOn ? [...chosen, value] : chosen.filter((each) => each !== value))
  return (
    <fieldset className="full checks" id={id}>
      <legend>{label}</legend>
      <div className="check-list">
        {field.choices.map(({ value, label }) => (
          <label key={String(value)} className="check">
            <input
              type="checkbox"
              name={field.name}
              checked={chosen.includes(value)}
              disabled={field.readOnly}
              onChange={(event) => toggle(value, event.target.checked)}
            />{" "}
            {label}
          </label>
        ))}
      </div>
      {below}
    </fieldset>
  )
}
