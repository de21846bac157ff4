import type { CSSProperties } from "react"

export function Labels({ labels }: { labels: readonly { id: number; name: string; color: string }[] }) {
  return (
    <ul className="labels" aria-label="Labels">
      {labels.map(({ id, name, color }) => (
        <li key={id} style={/^#[0-9a-f]{6}$/i.test(color) ? ({ "--label": color } as CSSProperties) : undefined}>
          {name}
        </li>
      ))}
    </ul>
  )
}
