import { useCallback, useMemo, useState, useSyncExternalStore } from "react"
import type {
  ListSnapshot, LiveListParams, ObjectSnapshot, PageParams, PageSnapshot, StreamBase, StreamTypes, View,
} from "../types.js"

/** Nothing is asked for: the id, or the parameters, are missing. */
export type Idle = "idle"

interface Refreshable {
  /** Ask for all of it again. */
  refresh(): void
}

export type ObjectResult<T extends StreamTypes> = Refreshable &
  Omit<ObjectSnapshot<T["row"]>, "status"> & { readonly status: ObjectSnapshot<T["row"]>["status"] | Idle }
export type ListResult<T extends StreamTypes> = Refreshable &
  Omit<ListSnapshot<T["row"], T["id"]>, "status"> & { readonly status: ListSnapshot<T["row"]>["status"] | Idle }
export type PageResult<T extends StreamTypes> = Refreshable &
  Omit<PageSnapshot<T["row"], T["id"]>, "status"> & { readonly status: PageSnapshot<T["row"]>["status"] | Idle }

export interface ViewOptions {
  /** While other parameters load, go on with the rows of those before, as `stale`. Default true. */
  keep?: boolean
}

const NONE = new Map<never, never>()
const IDLE_OBJECT = { status: "idle", stale: false, pending: false } as const
const IDLE_LIST = { ...IDLE_OBJECT, rows: [], truncated: false, count: 0, changed: NONE } as const
const IDLE_PAGE = { ...IDLE_OBJECT, rows: [], page: 1, limit: 0, count: null, changed: NONE } as const

/** One object, kept live. An `id` of null or undefined asks for nothing. */
export function useObject<T extends StreamTypes>(
  stream: StreamBase<T>,
  id: T["id"] | null | undefined,
): ObjectResult<T> {
  const view = useMemo(() => (id === null || id === undefined ? null : stream.live.object(id)), [stream, id])
  return useView<ObjectSnapshot<T["row"]>, typeof IDLE_OBJECT>(view, IDLE_OBJECT) as ObjectResult<T>
}

/** The rows of a list in its order, kept live. Parameters that say the same are the same, however often they are made. */
export function useList<T extends StreamTypes>(
  stream: StreamBase<T>,
  params: LiveListParams<T> | null = {},
  { keep = true }: ViewOptions = {},
): ListResult<T> {
  const view = useStable(params, (same) => stream.live.list(same), stream)
  const result = useView<ListSnapshot<T["row"], T["id"]>, typeof IDLE_LIST>(view, IDLE_LIST)
  return useKept(result, keep, stream) as ListResult<T>
}

/** One page of a search, kept live, and the number of all that match. */
export function useSearch<T extends StreamTypes>(
  stream: StreamBase<T>,
  params: PageParams<T> | null = {},
  { keep = true }: ViewOptions = {},
): PageResult<T> {
  const view = useStable(params, (same) => stream.live.search(same), stream)
  const result = useView<PageSnapshot<T["row"], T["id"]>, typeof IDLE_PAGE>(view, IDLE_PAGE)
  return useKept(result, keep, stream) as PageResult<T>
}

/** `make(params)`, again only when the stream or what the parameters say is another. */
function useStable<P, V>(params: P | null, make: (params: P) => V, stream: unknown): V | null {
  const key = params === null ? null : JSON.stringify(params, sorted)
  // The key stands for the parameters, which are another object at each render.
  return useMemo(() => (params === null ? null : make(params)), [stream, key])
}

/** A replacer: the order in which an object's keys were written says nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function useView<Snapshot, Nothing>(view: View<Snapshot> | null, idle: Nothing): (Snapshot | Nothing) & Refreshable {
  const subscribe = useCallback((listener: () => void) => (view === null ? () => {} : view.subscribe(listener)), [view])
  const get = useCallback((): Snapshot | Nothing => (view === null ? idle : view.get()), [view, idle])
  const snapshot = useSyncExternalStore(subscribe, get, get)
  return useMemo(() => ({ ...snapshot, refresh: () => view?.refresh() }), [snapshot, view])
}

interface Keepable {
  readonly status: string
  readonly stale: boolean
}

/** What was shown last, while what is asked for now is not there yet. */
function useKept<R extends Keepable>(result: R, keep: boolean, stream: unknown): R {
  const [last, setLast] = useState({ result, stream })
  if (result.status === "ready" && last.result !== result) setLast({ result, stream })
  const isWaiting = keep && result.status === "loading" && last.result.status === "ready" && last.stream === stream
  return useMemo(() => (isWaiting ? { ...last.result, stale: true } : result), [isWaiting, last, result])
}
