"""The address of an endpoint: written one way, read one way, and checked before it is kept."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote, urlsplit

from app.errors import Invalid
from app.records import record
from app.webhooks.guard import AddressRefused, Guard, NameUnknown

MAX_URL = 2048
CHECK_SECONDS = 3.0
_PORTS = {"http": 80, "https": 443}
# Characters that parsers of addresses disagree about.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[A-Za-z0-9\-._]+")


@record
class Destination:
    """The parts of an endpoint's address. `authority` is host and port as they were given."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.target}"


@record
class CheckedDestination(Destination):
    """One whose host was looked up and allowed; only `checked` makes it."""


def parsed(url: str) -> Destination:
    """Read an address. Raises `Invalid` naming the field `url`."""
    url = url.strip()
    if len(url) > MAX_URL:
        raise _invalid(f"An address has at most {MAX_URL} characters.")
    if _ODD.search(url):
        raise _invalid("An address holds no spaces, control characters or backslashes.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
        target = quote(parts.path or "/", safe="-._~:/@!$&'()*+,;=%")
        asked = quote(parts.query, safe="-._~:/?@!$&'()*+,;=%")
    except ValueError:
        raise _invalid("This is not a web address.") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise _invalid("An address begins with http:// or https://.")
    if "@" in parts.netloc:
        raise _invalid("An address must not hold a user or a password.")
    if not _is_host(host) or port == 0:
        raise _invalid("This is not a web address.")
    literal = f"[{host}]" if ":" in host else host
    return Destination(
        scheme=scheme,
        host=host,
        port=port or _PORTS[scheme],
        authority=literal if port in (None, _PORTS[scheme]) else f"{literal}:{port}",
        target=f"{target}?{asked}" if asked else target,
    )


def _is_host(host: str) -> bool:
    if ":" in host:
        return re.fullmatch(r"[0-9A-Fa-f:.]+", host) is not None
    return len(host) <= 253 and _HOST.fullmatch(host) is not None


async def checked(guard: Guard, url: str) -> CheckedDestination:
    """An address an endpoint may have. Raises `Invalid` naming the field `url`.

    A name that cannot be resolved now is let through: each attempt looks it up again.
    """
    found = parsed(url)
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await guard.addresses(found.host, found.port)
    except AddressRefused as error:
        raise _invalid(str(error)) from None
    except (NameUnknown, TimeoutError):
        pass
    return CheckedDestination(found.scheme, found.host, found.port, found.authority, found.target)


def _invalid(message: str) -> Invalid:
    return Invalid(message, field="url")
