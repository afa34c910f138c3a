"""Recorded printers at one report a second each: `python -m benchmarks.replay URL FILE`.

Every printer has its own moment of the second, and answers what it is asked on its request topic.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import orjson

from benchmarks.publishing import Publisher, packet
from benchmarks.reports import Recording


async def report(publisher: Publisher, recordings: list[Recording]) -> None:
    """Until cancelled; what could not be sent in its moment is sent as soon as possible."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    number = 0
    while True:
        due = begin + number / len(recordings)
        if (early := due - loop.time()) > 0:
            await asyncio.sleep(early)
        second, place = divmod(number, len(recordings))
        item = recordings[place]
        await publisher.write(packet(item.serial, item.following[second % len(item.following)]))
        number += 1


async def answer(url: str, publisher: Publisher, recordings: list[Recording]) -> None:
    """Tell everything when asked for everything, and versions when asked for versions."""
    known = {item.serial: item for item in recordings}
    parts = urlsplit(url)
    async with aiomqtt.Client(parts.hostname or "", parts.port or 1883) as client:
        await client.subscribe("device/+/request")
        async for message in client.messages:
            item = known.get(message.topic.value.split("/")[1])
            if item is None or not isinstance(message.payload, bytes):
                continue
            asked = orjson.loads(message.payload)
            if "pushing" in asked:
                await publisher.write(packet(item.serial, item.full))
            elif (question := asked.get("info")) is not None:
                told = orjson.loads(item.version)["info"] | question
                await publisher.write(packet(item.serial, orjson.dumps({"info": told})))


async def main(url: str, recordings: list[Recording]) -> None:
    """Until killed."""
    async with Publisher(url) as publisher, asyncio.TaskGroup() as group:
        group.create_task(answer(url, publisher, recordings))
        group.create_task(report(publisher, recordings))


if __name__ == "__main__":
    # The file was written by the very run that started this process.
    asyncio.run(main(sys.argv[1], pickle.loads(Path(sys.argv[2]).read_bytes())))  # noqa: S301
