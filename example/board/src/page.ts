/** What the page says of itself, in the element that the template fills. */
export interface PageData {
  websocket: string
  api: string
  login: string
  about: string
  me: { id: number; username: string }
  statuses: Record<string, string>
  priorities: Record<string, string>
  /** The priority of a new ticket. */
  priority: number
}

function read(): PageData {
  const text = document.getElementById("choices")?.textContent
  if (!text) throw new Error("The page has no data for the board.")
  return JSON.parse(text) as PageData
}

export const page = read()
