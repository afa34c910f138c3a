"""Running the application under uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Coroutine
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette

from app.http_protocol import HttpProtocol
from app.runtime import Runtime
from app.websocket import WebSocketProtocol

# Bytes of a WebSocket frame; the largest sensible operation fits many times.
MAX_FRAME = 1_048_576
# Objects made until a round, rounds until a larger one, those until a full one.
COLLECTION_THRESHOLDS = (5_000, 10, 50)


class TellingServer(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell; also when it could not, so that nobody waits in vain."""
        try:
            await super().startup(sockets)
        finally:
            self.listens.set()


class Server(TellingServer):
    """Ends open sockets and event streams as soon as it is told to stop, not after a timeout."""

    def __init__(self, app: Starlette) -> None:
        self.runtime: Runtime = app.state.runtime
        settings = self.runtime.settings
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
                http=HttpProtocol,
                ws=WebSocketProtocol,
                ws_max_size=MAX_FRAME,
                ws_per_message_deflate=False,
            )
        )

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        """Close every feed first, so that what waits on one finishes by itself.

        uvicorn would note the signal and raise it again when it is done, which would cancel the
        closing of databases and locks.
        """
        self.runtime.hub.close()
        self.force_exit = self.should_exit
        self.should_exit = True


def tune_collection() -> None:
    """Keep the garbage collector from holding every client up for tenths of a second.

    What was made until now (modules, schema, mappers) is left out of its rounds, since none of it
    ever becomes garbage; the state of printers lives long too, so full rounds are made rarely.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    gc.enable()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on the fast event loop; Ctrl-C is a normal end, and so is SIGTERM.

    Shells start what runs in the background with SIGINT ignored, which is undone here.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda _sig, _frame: signal.raise_signal(signal.SIGINT))
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(work)
