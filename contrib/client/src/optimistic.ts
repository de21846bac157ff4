import { keyOf, type Overlay, type Store } from "./store.js"

let temporary = 0

/** What of the fields that are sent can be shown: a relation is sent as an id and shown as a row, which some other row may show
 * already; where none does, the old one stays. */
function shownFields(store: Store, row: any, fields: Record<string, any>): Record<string, any> {
  const shown: Record<string, any> = {}
  for (const [name, value] of Object.entries(fields)) {
    const kind = store.info.fields[name]
    const isNested = kind === "object" || (row?.[name] !== null && typeof row?.[name] === "object" && kind !== "json")
    if (kind === undefined && row && !(name in row)) continue
    if (value === null || (!isNested && kind !== "list")) shown[name] = value
    else if (Array.isArray(value)) {
      const rows = value.map((item) => (typeof item === "object" ? item : nestedOrId(store, row, name, item)))
      if (!rows.includes(undefined)) shown[name] = rows
    } else {
      const found = typeof value === "object" ? value : store.nested(name, value)
      if (found) shown[name] = found
    }
  }
  return shown
}

/** A list may be one of ids. */
function nestedOrId(store: Store, row: any, name: string, item: any): any {
  const isOfIds = Array.isArray(row?.[name]) && row[name].length > 0 && typeof row[name][0] !== "object"
  return isOfIds ? item : store.nested(name, item)
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
