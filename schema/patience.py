"""Readers that take nothing are dropped, so that what is kept for each of them stays bounded."""

from __future__ import annotations

import asyncio

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

# How long one message may wait for a reader whose buffers are full.
SEND_SECONDS = 30.0


async def serve(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run an application; when a send takes too long, end it and give its connection up."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as patience:

            def give_up() -> None:
                if not patience.expired():
                    patience.reschedule(loop.time())

            async def timed(message: Message) -> None:
                timer = loop.call_later(SEND_SECONDS, give_up)
                try:
                    await send(message)
                finally:
                    timer.cancel()

            await app(scope, receive, timed)
    except TimeoutError:
        if not patience.expired():
            raise
        log.warning("a reader took nothing and was dropped", seconds=SEND_SECONDS)
