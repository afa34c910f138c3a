"""Pages with forms that the server renders: readable on a phone, without scripts, never framed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent / "templates"
# Bytes of a form; what people type fits many times.
MAX_FORM = 20_000


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # not before a page

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


@cache
def _style() -> tuple[str, str]:
    """The style of every page, and what allows exactly it."""
    text = (_FOLDER / "form.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, f"'sha256-{digest}'"


def page(
    name: str,
    *,
    status: int = 200,
    refused: str | None = None,
    sends_to: str = "'self'",
    **values: Any,
) -> HTMLResponse:
    """The page `name` with its values, all of them escaped. `refused` is told at its top;
    `sends_to` are the sources its forms may lead to."""
    style, allowed = _style()
    text = (
        _environment().get_template(f"{name}.html").render(style=style, refused=refused, **values)
    )
    return HTMLResponse(text, status_code=status, headers=_headers(allowed, sends_to))


def message(title: str, text: str, status: int = 200) -> HTMLResponse:
    """A page that only says something."""
    return page("message", status=status, title=title, text=text)


def _headers(style: str, sends_to: str) -> Mapping[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {style}; form-action {sends_to}; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
