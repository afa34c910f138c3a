"""A bare forwarder: aiomqtt reads, orjson decodes and encodes four fields, websockets send.

`python -m benchmarks.baselines.forwarder URL PORT`; every socket at PORT gets every report.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlsplit

import aiomqtt
import orjson
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

FIELDS = ("gcode_state", "mc_percent", "layer_num", "mc_remaining_time")


async def main(url: str, port: int) -> None:
    """Until killed."""
    parts = urlsplit(url)
    sockets: set[ServerConnection] = set()

    async def keep(socket: ServerConnection) -> None:
        sockets.add(socket)
        try:
            await socket.wait_closed()
        finally:
            sockets.discard(socket)

    async with aiomqtt.Client(parts.hostname or "", parts.port or 1883) as client:
        await client.subscribe("device/+/report")
        async with serve(keep, "127.0.0.1", port, compression=None):
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    body = orjson.loads(message.payload)["print"]
                    shown = {name: body.get(name) for name in FIELDS}
                    shown["serial"] = message.topic.value.split("/")[1]
                    broadcast(sockets, orjson.dumps(shown).decode())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
