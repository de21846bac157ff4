import { useEffect, useId, useRef } from "react"
import type { ReactNode } from "react"

interface Props {
  id: string
  title: string
  dismiss: string
  state?: string
  className?: string
  onClose(): void
  children: ReactNode
}

/** The browser's own dialog: it keeps the focus in, and Escape and the back gesture of a phone close it. */
export function Dialog({ id, title, dismiss, state, className = "", onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      id={id}
      className={`panel ${className}`}
      data-state={state}
      aria-labelledby={heading}
      // StrictMode shows it twice: what closed in between has been opened again.
      onClose={() => ref.current?.open === false && onClose()}
    >
      <div className="panel-head">
        <h2 id={heading} tabIndex={-1} data-role="title" autoFocus>
          {title}
        </h2>
        <button type="button" className="quiet cross" data-role="dismiss" aria-label={dismiss} onClick={() => ref.current?.close()}>
          ✕
        </button>
      </div>
      {children}
    </dialog>
  )
}
