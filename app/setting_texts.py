"""How the text of a setting becomes its value.

Each reader raises `ValueError` with what the text must be; it never says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from app.rates import rates

T = TypeVar("T")
Reader = Callable[[str], T]

READER = "reader"


class Secret:
    """A text that no log and no traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('**********')"


def setting(default: T, read: Reader[T]) -> T:
    """The field of a setting whose text says more than itself."""
    declared: T = field(default=default, metadata={READER: read})
    return declared


def whole(low: int, high: int) -> Reader[int]:
    """A whole number within bounds."""
    return _number(int, low, high, "a whole number")


def seconds(low: int, high: int) -> Reader[float]:
    """A number of seconds within bounds."""
    return _number(float, low, high, "a number")


def _number(kind: Callable[[str], T], low: int, high: int, said: str) -> Reader[T]:
    def read(text: str) -> T:
        try:
            value = kind(text)
        except ValueError:
            raise ValueError(f"must be {said}") from None
        if not low <= value <= high:  # type: ignore[operator]
            raise ValueError(f"must be {said} from {low} to {high}")
        return value

    return read


def one_of(*words: T) -> Reader[T]:
    """One of some words, in any case."""
    known = {str(word): word for word in words}

    def read(text: str) -> T:
        word = text.strip().lower()
        if word not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return known[word]

    return read


def unless_blank(read: Reader[T]) -> Reader[T | None]:
    """What another reader reads; nothing of a blank text."""
    return lambda text: read(text) if text.strip() else None


def origins(text: str) -> tuple[str, ...]:
    """Addresses between commas, without slashes at the end."""
    return tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())


def beginning(*schemes: str) -> Reader[str]:
    """An address that begins with one of some schemes, or nothing."""

    def read(text: str) -> str:
        scheme, said, _rest = text.partition("://")
        if text and (not said or scheme not in schemes):
            named = [f"{scheme}://" for scheme in schemes]
            raise ValueError(f"must begin with {', '.join(named[:-1])} or {named[-1]}")
        return text

    return read


def secret(read: Reader[str] = str) -> Reader[Secret | None]:
    """A text that is kept to itself, once another reader has read it; nothing of an empty one."""
    return lambda text: Secret(read(text)) if text else None


def database(drivers: dict[str, str]) -> Reader[str]:
    """The address of a database, with a driver or without."""

    def read(text: str) -> str:
        scheme, said, _rest = text.partition("://")
        if text and (not said or scheme.split("+")[0] not in drivers):
            raise ValueError("must begin with sqlite:// or postgresql://")
        return text

    return read


def bucket(text: str) -> str:
    """A bucket of S3, perhaps with a prefix, or nothing."""
    if text and not re.fullmatch(r"s3://[^/]+(/.*)?", text):
        raise ValueError("must be s3://bucket or s3://bucket/prefix")
    return text


def limits(text: str) -> str:
    """`on`, `off`, or rates by class of request."""
    text = text.strip().lower()
    if text not in ("", "on", "off"):
        for _name, rate in pairs(text):
            try:
                rates(rate)
            except ValueError:
                raise ValueError(
                    "must be on, off, or changes such as platform.pro=2000/hour"
                ) from None
    return text or "on"


def hosts(dialects: tuple[str, ...]) -> Reader[str]:
    """Names of hosts with a dialect each."""

    def read(text: str) -> str:
        for host, dialect in pairs(text):
            if not host or dialect not in dialects:
                known = ", ".join(dialects)
                raise ValueError(f"must be host=dialect,host=dialect with one of {known}")
        return text

    return read


def pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of `name=value,name=value`; a part without a name has an empty one."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, value = part.rpartition("=")
        found.append((name.strip().lower(), value.strip().lower()))
    return found
