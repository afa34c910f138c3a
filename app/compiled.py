"""Statements that are compiled once and then are text for the row reader (`app.row_reader`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select


@dataclass(frozen=True, slots=True)
class Statement:
    """The text for a driver, and how its values are found."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    processors: Mapping[str, Callable[[Any], Any]]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text; those in `given` take precedence."""
        return [
            self.processors[name](given[name])
            if name in given and name in self.processors
            else given.get(name, self.constants.get(name))
            for name in self.names
        ]


def compiled(
    statement: Select[Any], dialect: Dialect, as_they_are: Collection[str] = ()
) -> Statement:
    """A statement for one kind of database. The values named by `as_they_are` come as the driver
    gave them, and go back so."""
    text = statement.compile(dialect=dialect)
    state = text.construct_expanded_state()
    processors: dict[str, Any] = {
        name: process
        for name, bind in text.binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    } | dict(state.processors)
    constants = {
        name: processors[name](value) if name in processors and value is not None else value
        for name, value in state.parameters.items()
    }
    for name in as_they_are:
        processors.pop(name, None)
    return Statement(state.statement, tuple(state.positiontup or ()), constants, processors)
