"""Publishes recorded reports until it is told to stop: `python -m benchmarks.flood URL FILE`.

A process of its own, so that it does not take time from what is measured.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path

from benchmarks.publishing import Publisher, in_turn
from benchmarks.reports import Recording


async def flood(url: str, recordings: list[Recording]) -> None:
    """As fast as the broker takes it, again and again."""
    chunks = in_turn(recordings)
    async with Publisher(url) as publisher:
        while True:
            for packets, messages in chunks:
                await publisher.write(packets, messages)


if __name__ == "__main__":
    # The file was written by the very run that started this process.
    asyncio.run(flood(sys.argv[1], pickle.loads(Path(sys.argv[2]).read_bytes())))  # noqa: S301
