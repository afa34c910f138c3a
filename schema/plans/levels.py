"""One level of a plan: the columns of one statement, those of rows joined to one included.

Columns are kept by name and not by object, because the same level is selected from a table, from a
lateral join or from an alias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, bindparam, inspect
from sqlalchemy.orm import aliased

from app.records import record
from app.tables import Table, TeamOwned

TEAM = "team"


def of_team(entity: Any) -> ColumnElement[bool] | None:
    """The condition that keeps a statement inside the team; None for tables of everybody.

    `entity` is a mapped class, an alias of one, or the bare table of one. This is the only place
    where plans say it, and no level can be selected without it.
    """
    column = entity.c.get("team_id") if isinstance(entity, FromClause) else None
    if column is None:
        if isinstance(entity, FromClause) or not issubclass(
            inspect(entity).mapper.class_, TeamOwned
        ):
            return None
        column = entity.team_id
    belongs: ColumnElement[bool] = column == bindparam(TEAM, type_=Integer(), required=False)
    return belongs


def primary_key(model: type[Table]) -> str:
    """The name of the only key column of a table."""
    (column,) = inspect(model).primary_key
    return str(inspect(model).get_property_by_column(column).key)


@record
class Joined:
    """A row joined to one of another entity, by that one's foreign key."""

    parent: int
    key: str
    model: type[Table]


@dataclass(slots=True)
class Level:
    """The root entity has the number 0, joined ones follow."""

    model: type[Table]
    joined: list[Joined] = field(default_factory=list)
    columns: list[tuple[int, str]] = field(default_factory=list)

    def column(self, entity: int, name: str) -> int:
        """The place of a column in the rows of this level."""
        wanted = (entity, name)
        if wanted not in self.columns:
            self.columns.append(wanted)
        return self.columns.index(wanted)

    def join(self, entity: int, key: str, model: type[Table]) -> int:
        """The entity that the foreign key of another one points to."""
        wanted = Joined(entity, key, model)
        if wanted not in self.joined:
            self.joined.append(wanted)
        return 1 + self.joined.index(wanted)

    def model_of(self, entity: int) -> type[Table]:
        """The table of an entity."""
        return self.model if entity == 0 else self.joined[entity - 1].model

    def type_of(self, entity: int, name: str) -> Any:
        """The type of a column."""
        return getattr(self.model_of(entity), name).type

    @property
    def selected(self) -> Sequence[tuple[int, str]]:
        """The columns of a statement: the primary key where nothing is asked of the rows."""
        return self.columns or [(0, primary_key(self.model))]

    def select(self, base: Select[Any], root: Any, extra: Sequence[Any] = ()) -> Select[Any]:
        """The columns of this level over `base`, which selects from `root`.

        `extra` are further columns, which follow behind those of the level.
        """
        entities = [root]
        for item in self.joined:
            other = aliased(item.model)
            parent = entities[item.parent]
            here = getattr(parent, item.key) == getattr(other, primary_key(item.model))
            team = of_team(other)
            base = base.outerjoin(other, here if team is None else and_(here, team))
            entities.append(other)
        columns = [getattr(entities[entity], name) for entity, name in self.selected]
        return base.with_only_columns(*columns, *extra)
