"""Drives python-socketio through every scenario: client.py URL sync|asyncio polling|websocket|upgrade [scenarios to leave out]

Each line that is printed is a part of the transcript. Whatever does not come within a minute ends the program with an error.
"""

import asyncio
import inspect
import json
import queue
import sys

import socketio

URL, KIND, MODE = sys.argv[1:4]
LEFT_OUT = sys.argv[4:]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}[MODE]
LIMIT = 60
TEXT = "grüße \U0001f600 € \u2028 \x1e"
SCENARIO = ""


def describe(value):
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes, sum {sum(value)}>"
    if isinstance(value, str):
        return f"<text of {len(value)}>" if len(value) > 200 else json.dumps(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(describe(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{describe(value[name])}" for name in sorted(value)) + "}"
    return json.dumps(value)


def record(what, *values):
    print(f"{SCENARIO}: {what} {describe(values)}", flush=True)


async def settled(value):
    return await value if inspect.isawaitable(value) else value


class Client:
    """One client, of either kind, with a queue of what each event brought."""

    def __init__(self, namespaces=("/",), **options):
        make = socketio.AsyncClient if KIND == "asyncio" else socketio.Client
        options = {"reconnection_delay": 0.05, "reconnection_delay_max": 0.1, **options}
        self.sio = make(**options)
        self.queues = {}
        self.namespaces = list(namespaces)
        for namespace in self.namespaces:
            self.listen("connect", namespace)
            self.listen("connect_error", namespace)
            self.listen("disconnect", namespace)

    def queue_of(self, event, namespace):
        key = (event, namespace)
        if key not in self.queues:
            self.queues[key] = asyncio.Queue() if KIND == "asyncio" else queue.Queue()
        return self.queues[key]

    def listen(self, event, namespace="/"):
        arrived = self.queue_of(event, namespace)
        self.sio.on(event, lambda *args: arrived.put_nowait(args), namespace=namespace)

    async def next(self, event, namespace="/"):
        arrived = self.queue_of(event, namespace)
        try:
            if KIND == "asyncio":
                return await asyncio.wait_for(arrived.get(), LIMIT)
            return arrived.get(timeout=LIMIT)
        except (queue.Empty, asyncio.TimeoutError):
            raise SystemExit(f"{SCENARIO}: waited {LIMIT} s for {event} of {namespace}")

    async def connect(self, auth=None, token=""):
        await settled(
            self.sio.connect(
                f"{URL}?scenario={SCENARIO}{token}",
                namespaces=self.namespaces,
                transports=TRANSPORTS,
                auth=auth,
                wait=False,
            )
        )
        return self

    async def connected(self, **options):
        await self.connect(**options)
        for namespace in self.namespaces:
            await self.next("connect", namespace)
        return self

    async def emit(self, event, *args, namespace="/"):
        await settled(self.sio.emit(event, args, namespace=namespace))

    async def call(self, event, *args, namespace="/"):
        return await settled(self.sio.call(event, args, namespace=namespace, timeout=LIMIT))

    async def close(self):
        await settled(self.sio.disconnect())


async def connection():
    client = await Client().connected(auth={"token": "secret", "nested": [1, None]})
    record("id", len(client.sio.get_sid()), client.sio.transport())
    await client.close()
    record("closed", await client.next("disconnect"))


async def events():
    client = Client()
    client.listen("repeated")
    await client.connected()
    for args in [(), (1,), (1.5, -7, True, None), (TEXT,), ([], {}, {"a": {"b": [TEXT, 0]}}), ("x" * 500_000,)]:
        await client.emit("repeat", *args)
        record("repeated", await client.next("repeated"))
        record("echo", await client.call("echo", *args))
    await client.close()


async def binary():
    client = Client()
    client.listen("repeated")
    await client.connected()
    every = bytes(range(256))
    for args in [(every,), (b"",), (every[:100], TEXT, {"one": every[:1], "list": [every[:2], every[:3]]}), (every * 2000,)]:
        await client.emit("repeat", *args)
        record("repeated", await client.next("repeated"))
        record("echo", await client.call("echo", *args))
    await client.close()


async def acknowledgements():
    client = Client()
    client.listen("answered")
    client.sio.on("question", lambda *question: tuple(reversed(question)))
    await client.connected()
    for question in [(1,), ("two", {"three": 3}), (b"\x00\xff", TEXT), ("long", "y" * 100_000)]:
        await client.emit("ask", *question)
        record("answered", await client.next("answered"))
    await client.close()


async def namespaces():
    client = Client(["/", "/chat"])
    for namespace in client.namespaces:
        client.listen("repeated", namespace)
    await client.connected(auth={"user": "ann"})
    for namespace in client.namespaces:
        await client.emit("repeat", namespace, b"\x01", namespace=namespace)
        record("repeated", namespace, await client.next("repeated", namespace))
        record("echo", await client.call("echo", namespace, namespace=namespace))
    record("ids differ", client.sio.get_sid("/") != client.sio.get_sid("/chat"))
    await client.close()


async def refusals():
    for namespace in ["/guarded", "/nowhere"]:
        client = await Client([namespace], reconnection=False).connect(auth={"token": "wrong"})
        record("refused", namespace, await client.next("connect_error", namespace))
        await client.close()
    client = await Client(["/guarded"]).connected(auth={"token": "secret"})
    record("admitted", await client.call("echo", "in", namespace="/guarded"))
    await client.close()


async def rooms():
    ann, bob = Client(), Client()
    for client in [ann, bob]:
        client.listen("shouted")
        await client.connected()
        record("rooms", await client.call("join", "both"))
    record("rooms", await ann.call("join", "one"))
    await bob.emit("shout", "one", "to ann")
    await bob.emit("shout", "both", b"\x05\x06")
    record("ann", await ann.next("shouted"), await ann.next("shouted"))
    record("bob", await bob.next("shouted"))
    record("rooms", await ann.call("leave", "both"))
    await bob.emit("shout", "both", "bob is alone")
    record("bob", await bob.next("shouted"))
    await bob.emit("shout", "one", "ann again")
    record("ann", await ann.next("shouted"))
    await ann.close()
    await bob.close()


async def bursts():
    client = Client()
    client.listen("numbered")
    await client.connected()
    await client.emit("burst", 200)
    record("numbered", [await client.next("numbered") for _ in range(200)])
    for number in range(60):
        await client.emit("number", bytes([number]) if number % 10 == 9 else number)
    record("numbers", await client.call("numbers"))
    await client.close()


async def idle():
    client = Client()
    client.listen("idled")
    await client.connected()
    await client.emit("idle")
    record("idled", await client.next("idled"))
    record("echo", await client.call("echo", "alive"))
    await client.close()


async def reconnection():
    client = await Client().connected(auth={"token": "secret"})
    await client.emit("break")
    record("lost", await client.next("disconnect"))
    await client.next("connect")
    record("echo", await client.call("echo", "back"))
    await client.close()


async def kicked():
    client = await Client(reconnection=False).connected()
    await client.emit("kick")
    record("kicked", await client.next("disconnect"))
    await client.close()


async def main():
    global SCENARIO
    for scenario in [
        connection,
        events,
        binary,
        acknowledgements,
        namespaces,
        refusals,
        rooms,
        bursts,
        idle,
        reconnection,
        kicked,
    ]:
        SCENARIO = scenario.__name__
        if SCENARIO not in LEFT_OUT:
            await scenario()
    print("done", flush=True)


asyncio.run(main())
