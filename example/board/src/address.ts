import { useCallback, useEffect, useState } from "react"
import { page } from "./page"
import type { Filters } from "./api"

/** What is shown, as texts: it stands in the address, so that a reload and a bookmark keep it. */
export interface Shown {
  query: string
  status: string
  team: string
  priority: string
  assignee: string
  /** Of the table. */
  order: string
  page: string
}

export const FILTERS = ["query", "status", "team", "priority", "assignee"] as const
const NAMES = [...FILTERS, "order", "page"] as const

function read(): Shown {
  const found = new URLSearchParams(window.location.search)
  return Object.fromEntries(NAMES.map((name) => [name, found.get(name) ?? ""])) as unknown as Shown
}

function write(shown: Shown): void {
  const chosen = NAMES.filter((name) => shown[name]).map((name) => [name, shown[name]])
  const query = new URLSearchParams(chosen).toString()
  window.history.replaceState(null, "", `${window.location.pathname}${query && `?${query}`}${window.location.hash}`)
}

/** A change of a filter or of the order leads back to the first page. */
export function useShown(): [Shown, (change: Partial<Shown>) => void] {
  const [shown, setShown] = useState(read)
  useEffect(() => write(shown), [shown])
  const change = useCallback((part: Partial<Shown>) => setShown((now) => ({ ...now, page: "", ...part })), [])
  return [shown, change]
}

export interface Wanted {
  filters: Filters
  query?: string
}

/** As the API takes it. What does not stand in a choice is left out: anyone can write an address. */
export function wantedOf({ query, status, team, priority, assignee }: Shown): Wanted {
  const filters: Filters = {}
  if (status in page.statuses) filters.status = status as NonNullable<typeof filters.status> & string
  if (/^\d{1,9}$/.test(team)) filters.team = Number(team)
  if (priority in page.priorities) filters.priority__gte = Number(priority) as 1 | 2 | 3 | 4
  if (assignee === "me") filters.assignee = page.me.id
  else if (assignee === "nobody") filters.assignee__isnull = true
  else if (/^\d{1,9}$/.test(assignee)) filters.assignee = Number(assignee)
  const words = query.trim()
  return words ? { filters, query: words } : { filters }
}

/** The ticket that is open, by the address's fragment. */
export function useOpenTicket(): [number | null, (id: number | null) => void] {
  const [id, setId] = useState(fromHash)
  useEffect(() => {
    const listen = () => setId(fromHash())
    window.addEventListener("hashchange", listen)
    return () => window.removeEventListener("hashchange", listen)
  }, [])
  const open = useCallback((next: number | null) => {
    const { pathname, search } = window.location
    window.history.replaceState(null, "", `${pathname}${search}${next === null ? "" : `#ticket-${next}`}`)
    setId(next)
  }, [])
  return [id, open]
}

function fromHash(): number | null {
  const found = /^#ticket-(\d{1,15})$/.exec(window.location.hash)
  return found ? Number(found[1]) : null
}

export type ViewName = "board" | "table"
const VIEW = "helpdesk.view"

/** Remembered by this browser, where it remembers anything. */
export function useViewName(): [ViewName, (view: ViewName) => void] {
  const [view, setView] = useState<ViewName>(() => {
    try {
      return window.localStorage.getItem(VIEW) === "table" ? "table" : "board"
    } catch {
      return "board"
    }
  })
  const choose = useCallback((next: ViewName) => {
    setView(next)
    try {
      window.localStorage.setItem(VIEW, next)
    } catch {
      // Without storage it holds until the next visit.
    }
  }, [])
  return [view, choose]
}
