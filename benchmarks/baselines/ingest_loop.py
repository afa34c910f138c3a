"""A bare loop: aiomqtt reads, orjson decodes, a counter counts. Prints the counter when asked.

`python -m benchmarks.baselines.ingest_loop URL PORT`; a connection to PORT is told the count.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlsplit

import aiomqtt
import orjson
import uvloop


async def main(url: str, port: int) -> None:
    """Until killed."""
    parts = urlsplit(url)
    counted = 0

    async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{counted}\n".encode())
        await writer.drain()
        writer.close()

    async with aiomqtt.Client(parts.hostname or "", parts.port or 1883) as client:
        await client.subscribe("device/+/report")
        await asyncio.start_server(tell, "127.0.0.1", port)
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                orjson.loads(message.payload)
                counted += 1


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
