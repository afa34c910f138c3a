"""Structured logs: readable lines on a terminal, one JSON object a line everywhere else.

A value whose name says that it is a secret is replaced before anything is written, and so is
anything that looks like a key or a token inside a text.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"(access_?code|passw|secret|token|api_?key|authorization|cookie|credential)", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(sg_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=://)[^/@\s]+:[^/@\s]+(?=@))"
)


def configure(level: str, style: str) -> None:
    """Set up logging for the process. `style`: auto, console or json."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_exceptions(console),
                hide_secrets,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
                if console
                else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Their own lines repeat ours (requests), or print every statement and packet.
    for name in ("uvicorn.access", "aiosqlite", "alembic", "sqlalchemy", "mqtt", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _exceptions(console: bool) -> list[Processor]:
    return [] if console else [structlog.processors.format_exc_info]


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace secrets by their name, and keys, tokens and passwords inside texts by their form."""
    for name, value in event.items():
        event[name] = HIDDEN if _SECRET_NAME.search(name) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value)
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if _SECRET_NAME.search(str(name)) else _hidden(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value
