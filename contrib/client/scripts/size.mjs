// The size of the core as a page loads it: bundled, minified, gzipped. Fails above the limit that is promised. The HTTP transport
// is a file of its own, loaded when it is needed.
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const LIMIT = 10_000
const { outputFiles } = await build({
  entryPoints: [new URL("../src/index.ts", import.meta.url).pathname],
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  outdir: "out",
  write: false,
})
const sizes = outputFiles.map(({ contents, path }) => [path.split("/").at(-1), gzipSync(contents, { level: 9 }).length])
// What both files need is in a third one.
const first = sizes.filter(([name]) => !name.startsWith("sse"))
const bytes = first.reduce((sum, [, size]) => sum + size, 0)
console.log(`${bytes} bytes gzipped, of ${LIMIT}; ${sizes.map(([name, size]) => `${name} ${size}`).join(", ")}`)
process.exitCode = bytes < LIMIT ? 0 : 1
