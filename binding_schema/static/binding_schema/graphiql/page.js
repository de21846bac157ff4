// GraphiQL on this page's own address: operations by HTTP, subscriptions by WebSocket, both with the session's cookie.
"use strict";

(() => {
  const root = document.getElementById("graphiql");
  const url = window.location.pathname;
  const wsClient = graphqlWs.createClient({
    url: `${window.location.origin.replace(/^http/, "ws")}${url}`,
    lazy: true,
  });
  const fetcher = GraphiQL.createFetcher({
    url,
    wsClient,
    headers: { "X-CSRFToken": root.dataset.csrfToken },
  });
  // What was typed is kept for each address by itself.
  const prefix = `binding-schema:${url}:`;
  const storage = {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => Object.keys(localStorage).filter((key) => key.startsWith(prefix)).forEach((key) => localStorage.removeItem(key)),
    get length() {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).length;
    },
  };
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, { fetcher, storage, defaultEditorToolsVisibility: true, shouldPersistHeaders: false }),
  );
})();
