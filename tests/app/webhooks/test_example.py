"""The receiver in the documentation works as it stands there."""

from __future__ import annotations

import asyncio
import re
import threading
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.webhooks.guard import Guard
from app.webhooks.sender import Sender
from app.webhooks.signing import signed_headers
from tests.app.webhooks.conftest import Clock

DOCUMENT = Path(__file__).parents[3] / "docs" / "webhooks.md"
BODY = '{"event":"print_complete","timestamp":"2024-01-15T14:30:00Z","data":{"printer_id":1}}'


async def test_the_documented_receiver_takes_what_is_signed_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A good signature is a 204 and a printed line, a bad one a 401."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code, str(DOCUMENT), "exec"), names)  # noqa: S102 - it is our own document
    names["Hook"].log_message = lambda *_: None
    server = HTTPServer(("127.0.0.1", 0), names["Hook"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sender = Sender(Guard(allow_private=True))
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        now = await Clock()(None)
        good = signed_headers(names["SECRET"], "evt_1", now, BODY)
        bad = signed_headers("another secret", "evt_2", now, BODY)
        assert (await sender.send(url, good, BODY)).status == 204
        assert (await sender.send(url, bad, BODY)).status == 401
    finally:
        await sender.close()
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    assert capsys.readouterr().out == "evt_1 print_complete {'printer_id': 1}\n"
