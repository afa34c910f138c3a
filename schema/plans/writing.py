"""The code that turns rows into the answer: one function per page, written once per plan.

Into the source go names of the schema, aliases (both are GraphQL names), numbers of columns and
names bound here; never a value of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schema.plans.sources import Unplannable

Emit = Callable[..., Any]


def required(value: Any) -> Any:
    """A value that the schema says is there."""
    if value is None:
        raise Unplannable("null where the schema has a value")
    return value


class Writer:
    """Collects functions and the names they use, then compiles them together."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"required": required}
        self._functions: list[str] = []

    def bind(self, value: object, hint: str) -> str:
        """A name for a value."""
        name = f"{hint}_{len(self._names)}"
        self._names[name] = value
        return name

    def use(self, names: dict[str, object]) -> None:
        """Names that mean the same in every plan."""
        self._names |= names

    def function(self, hint: str, parameters: str, body: list[str]) -> str:
        """A function of its own; returns its name."""
        name = f"{hint}_{len(self._functions)}"
        lines = "".join(f"    {line}\n" for line in body)
        self._functions.append(f"def {name}({parameters}):\n{lines}")
        return name

    def compile(self) -> Mapping[str, Emit]:
        """The functions by their names, once all are written."""
        source = compile("\n".join(self._functions), "<plan>", "exec")
        exec(source, self._names)  # noqa: S102 - holds nothing of a request, see above
        return self._names


def mapping(entries: dict[str, str]) -> str:
    """The source of an object of the answer: response keys and the source of their values."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in entries.items()) + "}"
