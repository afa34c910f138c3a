"""The source for connections: edges, nodes, cursors and what is known of a page."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType

from schema.listings import ListedOf, NumberOf
from schema.plans.arguments import Arguments
from schema.plans.levels import Level
from schema.plans.rows import Place, RowWriter, object_type, shown_table
from schema.plans.steps import NumberOfEach, PageOfEach, Run
from schema.plans.writing import mapping

PARAMETERS = "rows, facts, t, f, x"
# Of the lists below rows each one has a number of its own, which comes last.
BELOW = f"{PARAMETERS}, n"
_PAGE_INFO = {
    "hasNextPage": "facts.has_next(more)",
    "hasPreviousPage": "facts.has_previous(more)",
    "startCursor": "(facts.cursor(rows[0]) if rows else None)",
    "endCursor": "(facts.cursor(rows[-1]) if rows else None)",
}


class PageWriter:
    """Writes one connection as a function named `emit`.

    `places` tells whether cursors are selected, `counted` whether the number of all rows is,
    which stands in `total`.
    """

    def __init__(
        self,
        rows: RowWriter,
        selected: GraphQLField,
        nodes: list[FieldNode],
        parameters: str = PARAMETERS,
        total: str = "facts.total",
    ) -> None:
        self._rows = rows
        self._total = total
        kind = object_type(selected)
        self._node = object_type(kind.fields["nodes"])
        self.place = Place(Level(shown_table(self._node)), 0, "r0")
        self.places = False
        self.counted = False
        body = ["rows, more = facts.cut(rows)", f"return {self._entries(kind, nodes)}"]
        self.emit = rows.code.function("page", parameters, body)

    def _entries(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        entries: dict[str, str] = {}
        for key, selected in self._rows.selector.fields(kind, nodes).items():
            entries[key] = self._entry(kind, selected)
        return mapping(entries)

    def _entry(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        """A field of the connection, of an edge, or of its page info: their names differ."""
        name = nodes[0].name.value
        if name == "__typename":
            return repr(kind.name)
        if name == "totalCount":
            self.counted = True
            return self._total
        if name == "node":
            return self._row(nodes)
        if name == "nodes":
            return f"[{self._row(nodes)} for r0 in rows]"
        if name == "edges":
            return f"[{self._entries(object_type(kind.fields[name]), nodes)} for r0 in rows]"
        if name == "pageInfo":
            return self._entries(object_type(kind.fields[name]), nodes)
        self.places = self.places or name.lower().endswith("cursor")
        return "facts.cursor(r0)" if name == "cursor" else _PAGE_INFO[name]

    def _row(self, nodes: list[FieldNode]) -> str:
        return self._rows.row(self.place, self._node, nodes)


class ListWriter:
    """Writes what lists below rows hold: their pages, and how many rows they have."""

    def __init__(self, rows: RowWriter) -> None:
        self._rows = rows
        # Numbers that several fields of a row show are counted once.
        self._numbers: dict[Hashable, str] = {}
        rows.list_writers |= {ListedOf: self._page, NumberOf: self._number_of}

    def _page(
        self, place: Place, source: ListedOf, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        page = PageWriter(self._rows, selected, nodes, BELOW, "n")
        slot, arguments = self._rows.slot(), Arguments(self._rows.schema, selected, nodes[0])

        def wanted(run: Run) -> Any:
            given = run.given(arguments).get("filter")
            return source.listing.wanted(run.context, given)

        number = self._number(place, source, wanted) if page.counted else "None"
        place.below.append(
            PageOfEach(
                slot=slot,
                parents=place.number(place.key),
                level=page.place.level,
                group=page.place.number(source.parent.key),
                below=page.place.below,
                listing=source.listing,
                parent=source.parent,
                arguments=arguments,
                places=page.places,
            )
        )
        found = f"t[{slot}].get({place.value(place.key)}, ())"
        return f"{page.emit}({found}, f[{slot}], t, f, x, {number})"

    def _number_of(
        self, place: Place, source: NumberOf, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        same = (id(place.below), place.value(place.key), source.parent.key, source.wanted)
        number = self._numbers.get(same)
        if number is None:
            number = self._number(place, source, lambda _run: source.wanted)
            self._numbers[same] = number
        return self._rows.computed(place, source, number, selected, nodes)

    def _number(
        self, place: Place, source: ListedOf | NumberOf, wanted: Callable[[Run], Any]
    ) -> str:
        slot = self._rows.slot()
        place.below.append(
            NumberOfEach(
                slot=slot,
                parents=place.number(place.key),
                listing=source.listing,
                parent=source.parent,
                wanted=wanted,
            )
        )
        return f"t[{slot}].get({place.value(place.key)}, 0)"
