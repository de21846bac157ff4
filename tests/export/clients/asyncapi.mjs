// Prints what AsyncAPI's own parser has to say about a file, as JSON: errors and warnings, and what it read.
import { readFile } from "node:fs/promises"
import { Parser } from "@asyncapi/parser"

const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], "utf8"))
const read = document && {
  operations: document.operations().all().map((item) => item.id()),
  messages: document.components().messages().all().map((item) => item.id()),
}
console.log(
  JSON.stringify({
    diagnostics: diagnostics.map(({ code, message, path, severity }) => ({ code, message, path: path.join("/"), severity })),
    read: read ?? null,
  }),
)
