import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { BindingProvider } from "@binding-schema/client/react"
import { App } from "./App"
import { api } from "./api"
import "./board.css"

const root = document.getElementById("board")
if (root === null) throw new Error("The page has no place for the board.")
createRoot(root).render(
  <StrictMode>
    <BindingProvider api={api}>
      <App />
    </BindingProvider>
  </StrictMode>,
)
