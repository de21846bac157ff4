import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from "react"
import type { ReactElement, ReactNode } from "react"
import type { Api, Connection, ConnectionSnapshot, SchemaTypes } from "../types.js"

const ApiContext = createContext<{ readonly connection: Connection } | null>(null)

export interface BindingProviderProps {
  /** What `connect` answered. It is made once, outside of any component, and lives as long as the page. */
  api: { readonly connection: Connection }
  children?: ReactNode
}

/** Gives the components below it the client. */
export function BindingProvider({ api, children }: BindingProviderProps): ReactElement {
  return createElement(ApiContext.Provider, { value: api }, children)
}

/** The client of the provider above: `useApi<Schema>()`. */
export function useApi<S extends SchemaTypes<S>>(): Api<S> {
  const api = useContext(ApiContext)
  if (api === null) throw new Error("There is no <BindingProvider api={...}> above this component.")
  // The provider holds whatever client it was given; its schema is a type, and known to the caller alone.
  return api as unknown as Api<S>
}

export interface ConnectionStatus extends ConnectionSnapshot {
  /** Try now, without waiting for the next attempt. */
  reconnect(): void
}

/** The connection's state, and why it is what it is. */
export function useConnection(): ConnectionStatus {
  const context = useContext(ApiContext)
  if (context === null) throw new Error("There is no <BindingProvider api={...}> above this component.")
  const { connection } = context
  const store = useMemo(
    () => ({ subscribe: (listener: () => void) => connection.subscribe(listener), get: () => connection.get() }),
    [connection],
  )
  const snapshot = useSyncExternalStore(store.subscribe, store.get, store.get)
  return useMemo(() => ({ ...snapshot, reconnect: () => connection.reconnect() }), [snapshot, connection])
}
