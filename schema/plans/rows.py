"""The source for rows: the selected fields of a type with a table, each by its declared source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from sqlalchemy import Dialect, Uuid

from app.compiled import as_it_is, reader
from app.records import record
from app.tables import Table
from schema.listings import NumberOf
from schema.plans.arguments import DEFINITION
from schema.plans.codecs import codec, id_writer
from schema.plans.levels import Level, primary_key
from schema.plans.objects import Held, ObjectWriter
from schema.plans.selection import Selector
from schema.plans.sources import (
    Batched,
    Column,
    Columns,
    Computed,
    GlobalId,
    Latest,
    Of,
    Remembered,
    Source,
    ToMany,
    ToOne,
    Unplannable,
    source_of,
    table_of,
)
from schema.plans.steps import AllOfEach, Child, LastOfEach, Made, Values
from schema.plans.writing import Writer, mapping


@record
class Place:
    """Where a row stands while it is written: its level, the entity of it, the name it has."""

    level: Level
    entity: int
    row: str
    below: list[Child] = field(default_factory=list)

    @property
    def model(self) -> type[Table]:
        """The table of the row."""
        return self.level.model_of(self.entity)

    @property
    def key(self) -> str:
        """The name of its primary key."""
        return primary_key(self.model)

    def number(self, name: str) -> int:
        """The number of a column in the rows of the level."""
        return self.level.column(self.entity, name)

    def value(self, name: str) -> str:
        """The source of a column, as the driver gives it."""
        return f"{self.row}[{self.number(name)}]"

    def joined(self, key: str, model: type[Table]) -> Place:
        """The place of the row that a foreign key points to."""
        return replace(self, entity=self.level.join(self.entity, key, model))


ListWriter = Callable[[Place, Any, GraphQLField, list[FieldNode]], str]


class RowWriter:
    """Writes rows of one plan. `write_list` writes connections below rows."""

    def __init__(
        self, schema: GraphQLSchema, selector: Selector, dialect: Dialect, code: Writer
    ) -> None:
        self.schema = schema
        self.selector = selector
        self.code = code
        self.slots = 0
        self._dialect = dialect
        self.objects = ObjectWriter(selector, code, self._pointed)
        self.list_writers: dict[type[Source], ListWriter] = {
            ToMany: self._to_many,
            Batched: self._batched,
            Latest: self._latest,
        }

    def slot(self) -> int:
        """A number for what one more statement finds."""
        self.slots += 1
        return self.slots - 1

    def row(self, place: Place, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        """One row as an object of the answer."""
        entries: dict[str, str] = {}
        for key, selected in self.selector.fields(kind, nodes).items():
            name = selected[0].name.value
            known = repr(kind.name) if name == "__typename" else None
            entries[key] = known or self._field(place, kind, name, selected)
        return mapping(entries)

    def _field(
        self, place: Place, kind: GraphQLObjectType, name: str, nodes: list[FieldNode]
    ) -> str:
        selected = kind.fields[name]
        source = _source(place.model, kind, name, selected)
        if isinstance(source, Column):
            return self._column(place, source.name, selected)
        if isinstance(source, GlobalId):
            undashed = self._dialect.name == "sqlite" and isinstance(
                place.level.type_of(place.entity, place.key), Uuid
            )
            write = self.code.bind(id_writer(kind.name, undashed=undashed), f"id_of_{kind.name}")
            return f"{write}({place.value(place.key)})"
        if isinstance(source, Computed):
            arguments = self._read(place, source.columns, stored=source.stored)
            call = f"{self._bind(source.value)}({arguments})"
            return self.objects.value(selected.type, nodes, call)
        if isinstance(source, Remembered):
            return self._remembered(place, source, selected, nodes)
        if isinstance(source, ToOne):
            return self._to_one(place, source, selected, nodes)
        return self.list_writers[type(source)](place, source, selected, nodes)

    def _bind(self, value: Callable[..., Any]) -> str:
        return self.code.bind(value, getattr(value, "__name__", "call").strip("<>"))

    def _read(self, place: Place, columns: Columns, *, stored: bool = False) -> str:
        """Values of columns, as the arguments of a call: those of the domain, or as stored."""
        return ", ".join(self._read_one(place, column, stored=stored) for column in columns)

    def _read_one(self, place: Place, column: str | Of, *, stored: bool) -> str:
        if isinstance(column, Of):
            place = place.joined(column.key, column.attribute.parent.class_)
            name: str = column.attribute.key
        else:
            name = column
        read, value = self.reader(place, name), place.value(name)
        return value if stored or read is as_it_is else f"{self._bind(read)}({value})"

    def reader(self, place: Place, name: str) -> Callable[[Any], Any]:
        """From what the driver gives for a column to the value of the domain."""
        return reader(place.level.type_of(place.entity, name), self._dialect)

    def _column(self, place: Place, name: str, selected: GraphQLField) -> str:
        column = getattr(place.model, name)
        written = codec(column.type, leaf(selected), self._dialect)
        self.code.use(written.names)
        value = place.value(name)
        if not column.property.columns[0].nullable:
            return written.source.format(v=value)
        if is_non_null_type(selected.type):
            return written.source.format(v=f"required({value})")
        if written.plain:
            return value
        return f"None if {value} is None else {written.source.format(v=value)}"

    def _remembered(
        self, place: Place, source: Remembered, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        made = f"{self._bind(source.value)}(x, {self._read(place, source.columns)})"
        if is_leaf_type(get_named_type(selected.type)):
            return self.objects.value(selected.type, nodes, made)
        held = Held()
        body = self.objects.object(object_type(selected), nodes, "o", held=held)
        show = self.code.function("show", "o, t, f, x", [f"return None if o is None else {body}"])
        if not held.below:
            return f"{show}({made}, t, f, x)"
        slot = self.slot()
        place.below.append(
            Made(
                slot=slot,
                parents=place.number(place.key),
                make=self.code.function("make", f"x, {place.row}", [f"return {made}"]),
                keys=held.keys,
                below=held.below,
            )
        )
        return f"{show}(t[{slot}].get({place.value(place.key)}), t, f, x)"

    def _pointed(
        self,
        held: Held,
        value: str,
        source: Source,
        selected: GraphQLField,
        nodes: list[FieldNode],
    ) -> str:
        """A row that an attribute of an object points to."""
        if isinstance(source, ToOne):
            model = shown_table(object_type(selected))
            source = Latest(getattr(model, primary_key(model)), key=source.key)
        if not isinstance(source, Latest) or source.key is None:
            raise Unplannable("rows of an object without a key")
        if isinstance(source.parent.type, Uuid):
            raise Unplannable("a key that drivers give in another way than the domain has it")
        parents = held.number(source.key)
        return self._single(held.below, parents, f"{value}.{source.key}", source, selected, nodes)

    def _latest(
        self, place: Place, source: Latest, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        key = place.key
        return self._single(
            place.below, place.number(key), place.value(key), source, selected, nodes
        )

    def _single(
        self,
        below: list[Child],
        parents: int,
        key: str,
        source: Latest,
        selected: GraphQLField,
        nodes: list[FieldNode],
    ) -> str:
        """The one row of each parent that one more statement finds for all of them."""
        kind = object_type(selected)
        slot, level = self.slot(), Level(shown_table(kind))
        item = Place(level, 0, f"r{slot + 1}")
        below.append(
            LastOfEach(
                slot=slot,
                parents=parents,
                level=level,
                group=item.number(source.parent.key),
                below=item.below,
                parent=source.parent,
                where=source.where,
            )
        )
        row = self.row(item, kind, nodes)
        found = f"({item.row} := t[{slot}].get({key}))"
        if is_non_null_type(selected.type):
            return f"({row} if required{found} else None)"
        return f"(None if {found} is None else {row})"

    def _to_one(
        self, place: Place, source: ToOne, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        kind = object_type(selected)
        other = place.joined(source.key, shown_table(kind))
        missing = "required(None)" if is_non_null_type(selected.type) else "None"
        there = other.value(other.key)
        return f"({missing} if {there} is None else {self.row(other, kind, nodes)})"

    def _to_many(
        self, place: Place, source: ToMany, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        kind = object_type(selected)
        slot, level = self.slot(), Level(shown_table(kind))
        item = Place(level, 0, f"r{slot + 1}")
        place.below.append(
            AllOfEach(
                slot=slot,
                parents=place.number(place.key),
                level=level,
                group=item.number(source.parent.key),
                below=item.below,
                source=source,
            )
        )
        rows = f"t[{slot}].get({place.value(place.key)}, ())"
        return f"[{self.row(item, kind, nodes)} for {item.row} in {rows}]"

    def _batched(
        self, place: Place, source: Batched, selected: GraphQLField, nodes: list[FieldNode]
    ) -> str:
        key = source.key or place.key
        found = f"t[{self._values(place, source, key)}].get({place.value(key)})"
        return self.computed(place, source, found, selected, nodes)

    def computed(
        self,
        place: Place,
        source: Batched | NumberOf,
        found: str,
        selected: GraphQLField,
        nodes: list[FieldNode],
    ) -> str:
        """What a source makes of what was found for a row."""
        arguments = ", ".join(filter(None, (found, self._read(place, source.columns))))
        call = f"{self._bind(source.value)}({arguments})"
        return self.objects.value(selected.type, nodes, call)

    def _values(self, place: Place, source: Batched, key: str) -> int:
        """The slot of values that are read once, however many fields show them."""
        parents = place.number(key)
        for child in place.below:
            if isinstance(child, Values) and (child.parents, child.fetch_all) == (
                parents,
                source.fetch,
            ):
                return child.slot
        slot, read = self.slot(), self.reader(place, key)
        place.below.append(Values(slot=slot, parents=parents, fetch_all=source.fetch, read=read))
        return slot


def _source(
    model: type[Table], kind: GraphQLObjectType, name: str, selected: GraphQLField
) -> Source:
    """Where a field is declared to come from, or its column where it is a plain one."""
    declared = selected.extensions[DEFINITION]
    source = source_of(declared)
    if source is not None:
        return source
    if declared.base_resolver is None:
        if name == "id":
            return GlobalId()
        if declared.python_name in model.__mapper__.columns:
            return Column(declared.python_name)
    raise Unplannable(f"{kind.name}.{name} has no source")


def leaf(selected: GraphQLField) -> GraphQLLeafType:
    """The scalar or enum of a field."""
    kind = get_named_type(selected.type)
    if not is_leaf_type(kind):
        raise Unplannable(f"{kind} from one value")
    return kind


def object_type(selected: GraphQLField) -> GraphQLObjectType:
    """The object type of a field."""
    kind = get_named_type(selected.type)
    if not is_object_type(kind):
        raise Unplannable(f"{kind} is abstract")
    return kind


def shown_table(kind: GraphQLObjectType) -> type[Table]:
    """The table whose rows a type shows."""
    found = table_of(kind.extensions[DEFINITION].origin)
    if found is None:
        raise Unplannable(f"{kind.name} shows no table")
    return found
