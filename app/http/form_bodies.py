"""Form bodies of a few short texts, read with a bound."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from app.errors import Invalid
from app.pages.forms import MAX_FORM

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name. Raises `Invalid` for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise Invalid(f"The body must be {FORM}.")
    text = await read_text(request)
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Invalid("The form has too many fields.") from None
    return dict(reversed(pairs))


async def read_text(request: Request) -> str:
    """A short body as text. Raises `Invalid` when it is long, cut off or not UTF-8."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_FORM:
                raise Invalid(f"The body has more than {MAX_FORM} bytes.")
        return received.decode()
    except (ClientDisconnect, UnicodeDecodeError):
        raise Invalid("The body cannot be read.") from None
