interface Props {
  at: number
  of: number
  onGo(page: number): void
}

/** The first page, the last one, and those around the one that is shown. */
function around(at: number, of: number): (number | "gap")[] {
  const near = [1, at - 1, at, at + 1, of].filter((page) => page >= 1 && page <= of)
  const pages = [...new Set(near)].sort((one, other) => one - other)
  return pages.flatMap((page, index) => {
    const before = pages[index - 1]
    return before !== undefined && page - before > 1 ? (["gap", page] as const) : [page]
  })
}

export function Pages({ at, of, onGo }: Props) {
  return (
    <nav className="pages" aria-label="Pages of the table">
      <button type="button" className="quiet" disabled={at <= 1} onClick={() => onGo(Math.min(at - 1, of))}>
        Previous
      </button>
      <ol>
        {around(at, of).map((page, index) =>
          page === "gap" ? (
            <li key={`gap${index}`} aria-hidden="true">
              …
            </li>
          ) : (
            <li key={page}>
              <button
                type="button"
                className="quiet"
                aria-label={`Page ${page}`}
                aria-current={page === at ? "page" : undefined}
                onClick={() => onGo(page)}
              >
                {page}
              </button>
            </li>
          ),
        )}
      </ol>
      <button type="button" className="quiet" disabled={at >= of} onClick={() => onGo(at + 1)}>
        Next
      </button>
    </nav>
  )
}
