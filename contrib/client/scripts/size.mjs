// The size of the core as a page loads it: bundled, minified, gzipped. Fails above the limit that is promised.
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const LIMIT = 10_000
const { outputFiles } = await build({
  entryPoints: [new URL("../src/index.ts", import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
})
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length
console.log(`${bytes} bytes gzipped, of ${LIMIT}`)
process.exitCode = bytes < LIMIT ? 0 : 1
