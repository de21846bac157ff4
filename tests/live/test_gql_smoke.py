import asyncio, pytest
from types import SimpleNamespace
from asgiref.sync import sync_to_async
from binding_schema.resolve.authentication import Fixed
from binding_schema.transports.graphql import build_schema
from binding_schema.transports.graphql.door import GraphQLContext
from helpdesk.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def schema():
    return build_schema()


async def test_q(demo, schema):
    ctx = GraphQLContext(Fixed(demo.alice), None)

    async def ex(q, **v):
        r = await schema.execute(q, variable_values=v, context_value=ctx)
        print(r.errors, r.data)
        return r

    await ex(
        "{ tickets(filters: {status: OPEN, or: [{priorityGte: 1}, {team: 1}]}, order: [CREATED_AT_DESC], limit: 2) { page limit count rows { id title status team { name } labels { name } cost ageDays } } }"
    )
    await ex("{ ticket(id: 2) { id } }")
    await ex(
        "{ ticketsConnection(first: 2) { totalCount edges { cursor node { title } } pageInfo { hasNextPage endCursor } } ticketList { count truncated } ticketStats { open closed } }"
    )
    await ex(
        'mutation { createTicket(input: {title: "x", team: 1}) { success id errors { field code } object { id title team { name } } } }'
    )
    await ex(
        'mutation { createTicket(input: {title: "", team: 2}) { success id errors { field code message } } updateTicket(id: 1, input: {priority: URGENT}) { success errors {field code} } }'
    )
    await ex(
        'mutation { saveTickets(rows: [{id: 1, title: ""}, {title: "y", team: 1}]) { success ids errors { row field code } } ticketClose(id: 1, reason: "done") { success object { status } errors {field code} } deleteTickets(ids: [4]) { success ids } }'
    )
    gen = await schema.subscribe(
        "subscription { ticketsChanged(snapshot: true, limit: 2) { cause id seq object { title } rows { title } } }",
        context_value=ctx,
    )
    print(await gen.__anext__())

    def w():
        t = Ticket.objects.filter(team=demo.network).order_by("-created_at").first()
        t.title = "Z"
        t.save()

    await sync_to_async(w)()
    print(await asyncio.wait_for(gen.__anext__(), 10))
    await gen.aclose()
