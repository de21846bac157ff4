// What the page's user chooses: the WebSocket's address, the way to send, form or JSON, the colours. A token is kept nowhere.

import { byId } from "./dom.js";

export class Settings {
  token = "";
  #chosen = "";
  #prefix;
  #wire = null;
  #config;

  constructor(config) {
    this.#config = config;
    this.#prefix = `binding-schema-console:${config.root}:`;
  }

  /** Without storage (a private window may refuse it) choices last as long as the page. */
  #get(name) {
    try {
      return localStorage.getItem(this.#prefix + name);
    } catch {
      return null;
    }
  }

  #set(name, value) {
    try {
      if (value) localStorage.setItem(this.#prefix + name, value);
      else localStorage.removeItem(this.#prefix + name);
    } catch {
      // As above.
    }
  }

  get mode() {
    return this.#get("mode") === "json" ? "json" : "form";
  }

  set mode(value) {
    this.#set("mode", value);
  }

  get address() {
    return this.#get("websocket") || this.#config.websocket;
  }

  /** "websocket" or "http": as chosen, else WebSocket wherever there is one. */
  via() {
    if (this.#chosen) return this.#chosen;
    return this.#wire?.isOpen || this.#wire?.wasOpen || this.#wire?.state === "connecting" ? "websocket" : "http";
  }

  /** Binds the inputs of the header. `sends()` is called for another way to send, `anew()` for another address or token. */
  bind(wire, sends, anew) {
    this.#wire = wire;
    const by = byId("by");
    by.addEventListener("change", () => {
      this.#chosen = by.value;
      sends();
    });
    const address = byId("address");
    address.value = this.address;
    byId("connection-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const problem = this.#refusal(address.value.trim());
      byId("address-error").textContent = problem;
      address.toggleAttribute("aria-invalid", Boolean(problem));
      if (problem) return;
      const value = address.value.trim() || this.#config.websocket;
      this.#set("websocket", value === this.#config.websocket ? "" : value);
      address.value = value;
      this.token = byId("token").value.trim();
      byId("connection").open = false;
      anew();
    });
    this.#colours(byId("colours"));
    this.#menu(byId("connection"));
  }

  /** The menu closes as menus do. */
  #menu(menu) {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    document.addEventListener("click", ({ target }) => {
      if (!menu.contains(target)) menu.open = false;
    });
  }

  /** Why the page may not connect to an address: its policy allows this host, and the one in the settings. */
  #refusal(value) {
    if (!/^wss?:/.test(value)) return "";
    const allowed = [window.location.host, ...this.#config.hosts];
    try {
      if (allowed.includes(new URL(value).host)) return "";
    } catch {
      return "This is no address.";
    }
    return `This page may connect to ${allowed.join(", ")} only. Set BINDING_SCHEMA["WEBSOCKET_URL"] for another host.`;
  }

  #colours(select) {
    const show = () => {
      document.documentElement.dataset.colours = select.value;
    };
    select.value = this.#get("colours") ?? "";
    show();
    select.addEventListener("change", () => {
      this.#set("colours", select.value);
      show();
    });
  }
}
