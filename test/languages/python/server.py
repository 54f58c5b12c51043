"""A python-socketio server on a free port, which it prints."""

import socket

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", ping_interval=1, ping_timeout=60)


@sio.event
async def connect(sid, environ, auth):
    if (auth or {}).get("token") == "wrong":
        raise socketio.exceptions.ConnectionRefusedError("not admitted", {"code": 401})


@sio.event
async def echo(sid, *args):
    return args


@sio.event
async def repeat(sid, *args):
    await sio.emit("repeated", args, to=sid)


@sio.event
async def ask(sid, *args):
    async def answered(*answer):
        await sio.emit("answered", answer, to=sid)

    await sio.emit("question", args, to=sid, callback=answered)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(f"listening {listener.getsockname()[1]}", flush=True)
# Not aiohttp: with it the server takes what has come of a body for all of it.
uvicorn.Server(uvicorn.Config(socketio.ASGIApp(sio), ws="wsproto", log_level="error")).run(sockets=[listener])
