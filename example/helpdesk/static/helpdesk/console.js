// The frame console. Text from the server reaches the page through textContent only.
"use strict";

(() => {
  const MAX_ENTRIES = 100;
  const root = document.getElementById("console");
  const part = (role) => root.querySelector(`[data-role="${role}"]`);
  const [status, connectButton, form, error, sendButton, clearButton, log] =
    ["status", "connect", "form", "error", "send", "clear", "log"].map(part);
  const input = document.getElementById("frame");
  const frames = JSON.parse(document.getElementById("example-frames").textContent);
  const pretty = (value) => JSON.stringify(value, null, 2);

  // What a closed connection means: docs/protocol.md, section 3.
  const REASONS = {
    1012: "the server restarts",
    4401: "not logged in",
    4403: "refused",
    4408: "idle for too long",
    4413: "the frame was too large",
    4429: "too many broken frames",
  };
  let socket = null;

  function show(state, text) {
    status.dataset.state = state;
    status.textContent = text;
    sendButton.disabled = state !== "open";
    connectButton.hidden = state === "open" || state === "connecting";
  }

  function connect() {
    show("connecting", "Connecting …");
    // From the page's own address, which a proxy may have changed on the way to the server.
    const { protocol, host } = window.location;
    const current = new WebSocket(`${protocol === "https:" ? "wss:" : "ws:"}//${host}${root.dataset.path}`);
    socket = current;
    current.addEventListener("open", () => show("open", "Connected"));
    current.addEventListener("message", (message) => received(message.data));
    current.addEventListener("close", ({ code }) => {
      if (current === socket) show("closed", `Disconnected: ${REASONS[code] ?? "the connection was lost"} (${code})`);
    });
  }

  function received(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      add("received-frame failed", "Received", "not JSON", text);
      return;
    }
    const failed = [frame].flat().some((one) => one?.event === "error" || one?.data?.success === false);
    add(failed ? "received-frame failed" : "received-frame", "Received", eventOf(frame), pretty(frame));
  }

  function eventOf(frame) {
    return Array.isArray(frame) ? `${frame.length} frames` : String(frame?.event ?? "");
  }

  function element(name, text, className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className;
    return made;
  }

  function add(className, direction, event, text) {
    const entry = element("article", "", `entry ${className}`);
    const line = element("p", "");
    line.append(element("strong", direction), element("span", event), element("time", new Date().toLocaleTimeString()));
    entry.append(line, element("pre", text));
    log.append(entry);
    while (log.children.length > MAX_ENTRIES) log.firstElementChild.remove();
    // The frame's beginning says most, so that is what comes into view.
    log.scrollTop = entry.offsetTop - log.offsetTop;
  }

  function send() {
    let frame;
    try {
      frame = JSON.parse(input.value);
    } catch (problem) {
      error.textContent = `This is not JSON: ${problem.message}`;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return;
    }
    error.textContent = "";
    input.removeAttribute("aria-invalid");
    if (socket?.readyState !== WebSocket.OPEN) return;
    // As it was typed: JavaScript would round long numbers.
    socket.send(input.value);
    add("", "Sent", eventOf(frame), input.value);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
    }
  });
  root.querySelectorAll("[data-frame]").forEach((button) => {
    button.addEventListener("click", () => {
      input.value = pretty(frames[button.dataset.frame]);
      error.textContent = "";
      input.removeAttribute("aria-invalid");
      input.focus();
    });
  });
  connectButton.addEventListener("click", connect);
  clearButton.addEventListener("click", () => log.replaceChildren());

  input.value = pretty(Object.values(frames)[0]);
  connect();
})();
