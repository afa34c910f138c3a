"""Entity tags: what a client has already is not sent again."""

from __future__ import annotations

import hashlib

# An answer is its caller's own, and is asked for again each time.
REVALIDATED = "private, no-cache"


def tag_of(content: bytes) -> str:
    """The tag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def matches(given: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` names this tag."""
    if given is None:
        return False
    known = {item.strip().removeprefix("W/") for item in given.split(",")}
    return tag in known or "*" in known
