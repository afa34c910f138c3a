"""The named GraphQL documents that rows point to, each with the fragments it spreads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from schema.execution import Operation

FOLDER = Path(__file__).parent / "operations"
_SPREAD = re.compile(r"\.\.\.\s*([A-Z][A-Za-z]*)")


@cache
def operation(name: str) -> Operation:
    """The operation in `operations/<name>.graphql`, made when it is first asked for.

    Raises `ValueError` when it does not fit the schema. That all of them do is for the tests to
    see: parsing and validating a hundred documents is a large part of a start.
    """
    text = _text(f"{name}.graphql")
    for fragment in dict.fromkeys(_SPREAD.findall(text)):
        text += _text(f"fragments/{fragment}.graphql")
    found = Operation(text)
    if found.name != name:
        raise ValueError(f"{name}.graphql names its operation {found.name}")
    return found


def _text(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")
