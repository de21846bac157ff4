import asyncio
import pytest
from asgiref.sync import sync_to_async
from binding_schema.consumers import AsyncConsumer
from binding_schema.testing import WebSocketClient
from helpdesk.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

def ws(user):
    return WebSocketClient(AsyncConsumer.as_asgi(), user)

async def quiet(client, seconds=0.3):
    client.timeout = seconds
    try:
        reply = await client.receive()
    except TimeoutError:
        return None
    finally:
        client.timeout = 10
    return reply

async def test_move(demo):
    ticket = demo.of(demo.network)[0]
    async with ws(demo.alice) as alice, ws(demo.bob) as bob, ws(demo.carol) as carol, ws(demo.dave) as dave:
        for c in (alice, bob, carol, dave):
            r = await c.send("helpdesk.Ticket.subscribe#l", snapshot=True)
            print(r.data["count"], r.meta)
        def move():
            t = Ticket.objects.get(pk=ticket.pk); t.team = demo.billing; t.save()
        await sync_to_async(move)()
        for c in (alice, bob, carol):
            print(await c.receive())
        print(await quiet(dave))
        r = await bob.send("helpdesk.Ticket.save", id=ticket.pk, title="New")
        print(r)
        print(await bob.receive())
        print(await bob.receive())
        print(await carol.receive())
        await sync_to_async(ticket.delete)()
        print(await bob.receive(), await carol.receive())
        print(await bob.receive(), await quiet(carol))
