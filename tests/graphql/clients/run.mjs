// Runs a query, a mutation and a subscription with graphql-ws and with urql, and prints what came back as one JSON object.
// node run.mjs URL TOKEN TICKET
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, token, ticket] = process.argv.slice(2);
const FIELDS = "id title status team { name }";
const QUERY = `query($id: ID!) { ticket(id: $id) { ${FIELDS} } tickets(limit: 2, order: [ID]) { count rows { id } } }`;
const MUTATION = `mutation($id: ID!, $title: String!) {
  updateTicket(id: $id, input: {title: $title}) { success errors { field code } object { ${FIELDS} } }
}`;
const SUBSCRIPTION = `subscription($id: ID!) { ticketChanged(id: $id) { cause id seq object { ${FIELDS} } } }`;

const socket = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  retryAttempts: 0,
});

// graphql-ws ------------------------------------------------------------------------------------------------------------

const once = (payload) =>
  new Promise((resolve, reject) => {
    let result;
    socket.subscribe(payload, { next: (value) => (result = value), error: reject, complete: () => resolve(result) });
  });

async function nextOf(payload, then) {
  const found = socket.iterate(payload);
  const first = found.next();
  await then();
  const { value } = await first;
  await found.return();
  return value;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 1000));
const change = (title) => async () => {
  await settled(); // the subscription stands once the server has it; it says so with the first change only
  await once({ query: MUTATION, variables: { id: ticket, title } });
};

const answers = {
  "graphql-ws": {
    query: await once({ query: QUERY, variables: { id: ticket } }),
    mutation: await once({ query: MUTATION, variables: { id: ticket, title: "By graphql-ws" } }),
    subscription: await nextOf({ query: SUBSCRIPTION, variables: { id: ticket } }, change("Heard by graphql-ws")),
  },
};

// urql --------------------------------------------------------------------------------------------------------------------

const client = new Client({
  url,
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
  requestPolicy: "network-only",
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

const plain = ({ data, error }) => ({ data, error: error?.message });
answers.urql = {
  query: plain(await client.query(gql(QUERY), { id: ticket }).toPromise()),
  mutation: plain(await client.mutation(gql(MUTATION), { id: ticket, title: "By urql" }).toPromise()),
};
const heard = new Promise((resolve) => {
  const { unsubscribe } = client.subscription(gql(SUBSCRIPTION), { id: ticket }).subscribe((result) => {
    resolve({ data: result.data, error: result.error?.message });
    queueMicrotask(unsubscribe);
  });
});
await settled();
await client.mutation(gql(MUTATION), { id: ticket, title: "Heard by urql" }).toPromise();
answers.urql.subscription = await heard;

console.log(JSON.stringify(answers));
await socket.dispose();
