import { useEffect, useRef, useState } from "react"
import { FILTERS } from "./address"
import type { Shown, ViewName } from "./address"
import { statuses } from "./api"
import type { People } from "./App"
import { page } from "./page"

const PAUSE = 250

interface Props {
  shown: Shown
  onChange(change: Partial<Shown>): void
  people: People
  view: ViewName
  onView(view: ViewName): void
}

export function Filters({ shown, onChange, people, view, onView }: Props) {
  const isFiltered = FILTERS.some((name) => shown[name])
  const everything = Object.fromEntries(FILTERS.map((name) => [name, ""]))
  const choose = (name: keyof Shown, label: string, options: readonly (readonly [string, string])[]) => (
    <div>
      <label htmlFor={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} value={shown[name]} onChange={(event) => onChange({ [name]: event.target.value })}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
        {/* What the address asks for, while the list that has it is still on its way. */}
        {!options.some(([value]) => value === shown[name]) && <option value={shown[name]}>#{shown[name]}</option>}
      </select>
    </div>
  )
  return (
    <form role="search" className="filters" aria-label="Tickets shown" onSubmit={(event) => event.preventDefault()}>
      <SearchBox value={shown.query} onChange={(query) => onChange({ query })} />
      {choose("status", "Status", [["", "All"], ...statuses])}
      {choose("team", "Team", [["", "All"], ...people.teams.map(({ id, name }) => [String(id), name] as const)])}
      {choose("priority", "Priority", [["", "Any"], ...priorities()])}
      {choose("assignee", "Assignee", [
        ["", "Anyone"],
        ["me", "Me"],
        ["nobody", "Nobody"],
        ...people.users.filter(({ id }) => id !== page.me.id).map(({ id, username }) => [String(id), username] as const),
      ])}
      {isFiltered && (
        <button type="button" className="quiet" onClick={() => onChange(everything)}>
          Show all
        </button>
      )}
      <div className="view-switch" role="group" aria-label="View">
        {(["board", "table"] as const).map((name) => (
          <button key={name} type="button" aria-pressed={view === name} onClick={() => onView(name)}>
            {name === "board" ? "Board" : "Table"}
          </button>
        ))}
      </div>
    </form>
  )
}

function priorities(): [string, string][] {
  const all = Object.entries(page.priorities)
  return all.slice(1).map(([value, name], index) => [value, index === all.length - 2 ? name : `${name} and up`])
}

/** Asks when the typing pauses, not at each letter. */
function SearchBox({ value, onChange }: { value: string; onChange(value: string): void }) {
  const [typed, setTyped] = useState<string | null>(null)
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  useEffect(() => {
    if (typed === null) return
    const timer = window.setTimeout(() => {
      latest.current(typed)
      setTyped(null)
    }, PAUSE)
    return () => window.clearTimeout(timer)
  }, [typed])
  return (
    <div className="grow">
      <label htmlFor="filter-query">Search</label>
      <input
        type="search"
        id="filter-query"
        maxLength={200}
        placeholder="Words in title or description"
        value={typed ?? value}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  )
}
