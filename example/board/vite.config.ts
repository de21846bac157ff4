import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [react()],
  // The client's own source: what is built here is always what stands in the repository.
  resolve: {
    alias: [
      { find: /^@binding-schema\/client\/react$/, replacement: at("../../contrib/client/src/react/index.ts") },
      { find: /^@binding-schema\/client$/, replacement: at("../../contrib/client/src/index.ts") },
    ],
    dedupe: ["react", "react-dom"],
  },
  publicDir: false,
  build: {
    outDir: at("../helpdesk/static/helpdesk/board"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    // Django gives the files their addresses, so their names are fixed.
    rolldownOptions: {
      input: at("./src/main.tsx"),
      output: { entryFileNames: "board.js", assetFileNames: "board[extname]", codeSplitting: false },
    },
  },
})
