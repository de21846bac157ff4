import { keyOf, type Overlay, type Store } from "./store.js"

let temporary = 0

/** What of the fields that are sent can be shown: a relation is sent as an id and shown as a row, which some other row may show
 * already; where none does, the old one stays. */
function shownFields(store: Store, row: any, fields: Record<string, any>): Record<string, any> {
  const shown: Record<string, any> = {}
  for (const [name, value] of Object.entries(fields)) {
    const kind = store.info.fields[name]
    if (kind === undefined && row && !(name in row)) continue
    const [old = null] = [row?.[name]].flat()
    // A list may be one of ids.
    const isNested = (kind === "object" || kind === "list") && typeof old === "object"
    const rowOf = (item: any) => (typeof item === "object" ? item : store.nested(name, item))
    const found = isNested && (Array.isArray(value) ? value.map(rowOf) : rowOf(value))
    if (!isNested) shown[name] = value
    else if (found !== undefined && !(found?.includes?.(undefined) ?? false)) shown[name] = found
  }
  return shown
}

/** Show a write of one object, or its deletion, where `fields` is null. `shown` names what to show of it. */
export function show(
  store: Store,
  event: string,
  id: unknown,
  fields: Record<string, any> | null,
  shown: boolean | Record<string, any>,
): Overlay {
  const isNew = id === undefined || id === null
  const key = isNew ? `new:${++temporary}` : keyOf(id)
  if (fields === null) return store.add({ key, event, kind: "remove", fields: {} })
  const row = isNew ? undefined : store.base(key)
  const visible = typeof shown === "object" ? shown : shownFields(store, row, fields)
  if (!isNew) return store.add({ key, event, kind: "patch", fields: visible })
  return store.add({ key, event, kind: "create", fields: { ...visible, id: key } })
}
