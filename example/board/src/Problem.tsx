import { useMemo, useState } from "react"

export interface ProblemState {
  text: string
  tell(text: string): void
}

export function useProblem(): ProblemState {
  const [text, tell] = useState("")
  return useMemo(() => ({ text, tell }), [text])
}

/** What went wrong with something that has no form to say it in. */
export function Problem({ problem }: { problem: ProblemState }) {
  return (
    <div role="alert" data-role="problem">
      {problem.text && (
        <p className="alert with-button">
          <span>{problem.text}</span>
          <button type="button" className="quiet" onClick={() => problem.tell("")}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  )
}
