"""From a validated operation to its plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from sqlalchemy import Dialect

from app.tables import Table
from schema.ids import global_id
from schema.listings import Listed, ListedOf
from schema.plans.arguments import DEFINITION, Arguments
from schema.plans.codecs import Codec, codec, reader, writer
from schema.plans.levels import Level, primary_key
from schema.plans.objects import ObjectWriter
from schema.plans.plan import Plan, RootStep
from schema.plans.selection import Selector
from schema.plans.sources import (
    Batched,
    Column,
    Computed,
    GlobalId,
    One,
    Remembered,
    Source,
    ToMany,
    ToOne,
    Unplannable,
    source_of,
    table_of,
)
from schema.plans.steps import (
    AllOfEach,
    Child,
    FirstOfEach,
    OneRow,
    PageOfRows,
    Values,
)
from schema.plans.writing import Writer, mapping


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    steering: Mapping[str, Any],
    dialect: Dialect,
) -> Plan:
    """The plan of a query, for given values of the variables that steer its directives.

    Raises `Unplannable` with the reason when a selected field has no source.
    """
    if operation.operation is not OperationType.QUERY:
        raise Unplannable(f"a {operation.operation.value}")
    selector = Selector.of(schema, document, steering)
    return _Compiler(schema, selector, dialect).plan(operation)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, selector: Selector, dialect: Dialect) -> None:
        self._schema = schema
        self._selector = selector
        self._dialect = dialect
        self._code = Writer()
        self._objects = ObjectWriter(selector, self._code)
        self._slots = 0

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        query = self._schema.query_type
        if query is None:
            raise Unplannable("no queries")
        roots = [
            self._root(query, key, nodes)
            for key, nodes in self._selector.root(query, operation).items()
        ]
        definitions = tuple(operation.variable_definitions or ())
        return Plan(self._schema, definitions, tuple(roots), self._slots, self._code)

    def _root(self, query: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> RootStep:
        name = nodes[0].name.value
        if name == "__typename":
            return RootStep(key, None, None, query.name)
        if name.startswith("__"):
            raise Unplannable("introspection")
        field = query.fields[name]
        source = source_of(field.extensions[DEFINITION])
        arguments = Arguments(self._schema, field, nodes[0])
        if isinstance(source, One):
            level, kind = self._level(field)
            below: list[Child] = []
            body = self._row(level, 0, kind, nodes, "r0", below)
            emit = self._code.function(
                "one", "rows, facts, t, f, x", ["for r0 in rows:", f"    return {body}"]
            )
            one = OneRow(level=level, arguments=arguments, below=below, key=source.key)
            return RootStep(key, one, emit, None, source.scope)
        if isinstance(source, Listed):
            return self._page_root(key, field, nodes, source, arguments)
        raise Unplannable(f"Query.{name} has no source")

    def _page_root(
        self,
        key: str,
        field: GraphQLField,
        nodes: list[FieldNode],
        source: Listed,
        arguments: Arguments,
    ) -> RootStep:
        page = _Page(self, field, nodes)
        root = PageOfRows(
            level=page.level,
            arguments=arguments,
            below=page.below,
            listing=source.listing,
            places=page.places,
            counted=page.counted,
        )
        return RootStep(key, root, page.emit, None, source.listing.scope)

    def _level(self, field: GraphQLField) -> tuple[Level, GraphQLObjectType]:
        kind = get_named_type(field.type)
        if not is_object_type(kind):
            raise Unplannable(f"{kind} is abstract")
        return Level(_table(kind)), kind

    # Rows

    def _row(
        self,
        level: Level,
        entity: int,
        kind: GraphQLObjectType,
        nodes: list[FieldNode],
        row: str,
        below: list[Child],
    ) -> str:
        """The source for one row of a level as an object of the answer."""
        entries: dict[str, str] = {}
        for key, selected in self._selector.fields(kind, nodes).items():
            name = selected[0].name.value
            if name == "__typename":
                entries[key] = repr(kind.name)
            else:
                entries[key] = self._field(level, entity, kind, name, selected, row, below)
        return mapping(entries)

    def _field(
        self,
        level: Level,
        entity: int,
        kind: GraphQLObjectType,
        name: str,
        nodes: list[FieldNode],
        row: str,
        below: list[Child],
    ) -> str:
        field = kind.fields[name]
        source = self._source(level.model_of(entity), kind, name, field)
        if isinstance(source, Column):
            return self._column(level, entity, source.name, field, row)
        if isinstance(source, GlobalId):
            return self._global_id(level, entity, kind, row)
        if isinstance(source, Computed):
            return self._computed(level, entity, source, field, row)
        if isinstance(source, Remembered):
            return self._remembered(level, entity, source, field, nodes, row)
        if isinstance(source, ToOne):
            return self._to_one(level, entity, source, field, nodes, row, below)
        if entity != 0:
            raise Unplannable(f"{kind.name}.{name} below a joined row")
        if isinstance(source, ToMany):
            return self._to_many(level, source, field, nodes, row, below)
        if isinstance(source, ListedOf):
            return self._first_page(level, source, field, nodes, row, below)
        if isinstance(source, Batched):
            return self._batched(level, source, field, row, below)
        raise Unplannable(f"{kind.name}.{name} has no source")

    def _source(
        self, model: type[Table], kind: GraphQLObjectType, name: str, field: GraphQLField
    ) -> Source:
        declared = field.extensions[DEFINITION]
        source = source_of(declared)
        if source is not None:
            return source
        if declared.base_resolver is None:
            if name == "id":
                return GlobalId()
            if declared.python_name in model.__mapper__.columns:
                return Column(declared.python_name)
        raise Unplannable(f"{kind.name}.{name} has no source")

    def _column(self, level: Level, entity: int, name: str, field: GraphQLField, row: str) -> str:
        kind = get_named_type(field.type)
        if not is_leaf_type(kind):
            raise Unplannable(f"a column as {kind}")
        value = f"{row}[{level.column(entity, name)}]"
        column = getattr(level.model_of(entity), name)
        written = codec(column.type, kind, self._dialect)
        return self._guarded(written, value, field, nullable=column.property.columns[0].nullable)

    def _guarded(self, written: Codec, value: str, field: GraphQLField, *, nullable: bool) -> str:
        self._code.use(written.names)
        if nullable and is_non_null_type(field.type):
            return written.source.format(v=f"required({value})")
        if not nullable or written.plain:
            return written.source.format(v=value)
        return f"None if {value} is None else {written.source.format(v=value)}"

    def _global_id(self, level: Level, entity: int, kind: GraphQLObjectType, row: str) -> str:
        name = primary_key(level.model_of(entity))
        column = level.type_of(entity, name)
        read = self._code.bind(reader(column, self._dialect), "read")
        write = self._code.bind(global_id, "global_id")
        return f"{write}({kind.name!r}, {read}({row}[{level.column(entity, name)}]))"

    def _computed(
        self, level: Level, entity: int, source: Computed, field: GraphQLField, row: str
    ) -> str:
        kind = get_named_type(field.type)
        if not is_leaf_type(kind):
            raise Unplannable(f"a computed {kind}")
        compute = self._code.bind(source.value, "compute")
        call = f"{compute}({self._read(level, entity, source.columns, row)})"
        write = self._code.bind(writer(kind), "write")
        if is_non_null_type(field.type):
            return f"{write}({call})"
        return f"(None if (v := {call}) is None else {write}(v))"

    def _read(self, level: Level, entity: int, columns: tuple[str, ...], row: str) -> str:
        """The source of domain values of columns, as arguments of a call."""
        found = []
        for name in columns:
            read = self._code.bind(reader(level.type_of(entity, name), self._dialect), "read")
            found.append(f"{read}({row}[{level.column(entity, name)}])")
        return ", ".join(found)

    def _remembered(
        self,
        level: Level,
        entity: int,
        source: Remembered,
        field: GraphQLField,
        nodes: list[FieldNode],
        row: str,
    ) -> str:
        kind = get_named_type(field.type)
        make = self._code.bind(source.value, "remembered")
        made = f"{make}(x, {self._read(level, entity, source.columns, row)})"
        if is_leaf_type(kind):
            return f"{self._code.bind(writer(kind), 'write')}({made})"
        if not is_object_type(kind):
            raise Unplannable(f"{kind} is abstract")
        body = self._objects.object(kind, nodes, "o")
        show = self._code.function("show", "o", [f"return None if o is None else {body}"])
        return f"{show}({made})"

    def _to_one(
        self,
        level: Level,
        entity: int,
        source: ToOne,
        field: GraphQLField,
        nodes: list[FieldNode],
        row: str,
        below: list[Child],
    ) -> str:
        kind = get_named_type(field.type)
        if not is_object_type(kind):
            raise Unplannable(f"{kind} is abstract")
        model = _table(kind)
        other = level.join(entity, source.key, model)
        there = f"{row}[{level.column(other, primary_key(model))}]"
        body = self._row(level, other, kind, nodes, row, below)
        missing = "required(None)" if is_non_null_type(field.type) else "None"
        return f"({missing} if {there} is None else {body})"

    # Rows below rows

    def _slot(self) -> int:
        self._slots += 1
        return self._slots - 1

    def _to_many(
        self,
        level: Level,
        source: ToMany,
        field: GraphQLField,
        nodes: list[FieldNode],
        row: str,
        below: list[Child],
    ) -> str:
        child, kind = self._level(field)
        slot, parents = self._slot(), level.column(0, primary_key(level.model))
        group = child.column(0, source.parent.key)
        step = AllOfEach(slot=slot, parents=parents, level=child, group=group, source=source)
        item = f"r{slot + 1}"
        body = self._row(child, 0, kind, nodes, item, step.below)
        below.append(step)
        return f"[{body} for {item} in t[{slot}].get({row}[{parents}], ())]"

    def _first_page(
        self,
        level: Level,
        source: ListedOf,
        field: GraphQLField,
        nodes: list[FieldNode],
        row: str,
        below: list[Child],
    ) -> str:
        page = _Page(self, field, nodes)
        if page.counted:
            raise Unplannable("the number of rows below each row")
        slot, parents = self._slot(), level.column(0, primary_key(level.model))
        below.append(
            FirstOfEach(
                slot=slot,
                parents=parents,
                level=page.level,
                group=page.level.column(0, source.parent.key),
                below=page.below,
                listing=source.listing,
                parent=source.parent,
                arguments=Arguments(self._schema, field, nodes[0]),
                places=page.places,
            )
        )
        return f"{page.emit}(t[{slot}].get({row}[{parents}], ()), f[{slot}], t, f, x)"

    def _batched(
        self, level: Level, source: Batched, field: GraphQLField, row: str, below: list[Child]
    ) -> str:
        kind = get_named_type(field.type)
        if not is_leaf_type(kind):
            raise Unplannable(f"a batched {kind}")
        name = primary_key(level.model)
        slot, parents = self._slot(), level.column(0, name)
        read = reader(level.type_of(0, name), self._dialect)
        below.append(Values(slot=slot, parents=parents, source=source, read=read))
        value = self._code.bind(source.value, "value")
        columns = self._read(level, 0, source.columns, row)
        call = f"{value}(t[{slot}].get({row}[{parents}]){', ' if columns else ''}{columns})"
        write = self._code.bind(writer(kind), "write")
        if is_non_null_type(field.type):
            return f"{write}({call})"
        return f"(None if (v := {call}) is None else {write}(v))"


class _Page:
    """A connection: the function that writes it, and what it needs to know."""

    def __init__(self, compiler: _Compiler, field: GraphQLField, nodes: list[FieldNode]) -> None:
        self._compiler = compiler
        kind = get_named_type(field.type)
        if not is_object_type(kind):
            raise Unplannable(f"{kind} is abstract")
        node_type = get_named_type(kind.fields["nodes"].type)
        if not is_object_type(node_type):
            raise Unplannable(f"{node_type} is abstract")
        self._node: GraphQLObjectType = node_type
        self.level = Level(_table(node_type))
        self.below: list[Child] = []
        self.places = False
        self.counted = False
        entries = {
            key: self._entry(kind, selected)
            for key, selected in compiler._selector.fields(kind, nodes).items()
        }
        self.emit = compiler._code.function(
            "page",
            "rows, facts, t, f, x",
            ["rows, more = facts.cut(rows)", f"return {mapping(entries)}"],
        )

    def _entry(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return repr(kind.name)
        if name == "totalCount":
            self.counted = True
            return "facts.total"
        if name == "nodes":
            return f"[{self._row(nodes)} for r0 in rows]"
        if name == "edges":
            return self._edges(get_named_type(kind.fields[name].type), nodes)
        return self._page_info(get_named_type(kind.fields[name].type), nodes)

    def _row(self, nodes: list[FieldNode]) -> str:
        return self._compiler._row(self.level, 0, self._node, nodes, "r0", self.below)

    def _edges(self, kind: Any, nodes: list[FieldNode]) -> str:
        entries: dict[str, str] = {}
        for key, selected in self._compiler._selector.fields(kind, nodes).items():
            name = selected[0].name.value
            if name == "__typename":
                entries[key] = repr(kind.name)
            elif name == "cursor":
                self.places = True
                entries[key] = "facts.cursor(r0)"
            else:
                entries[key] = self._row(selected)
        return f"[{mapping(entries)} for r0 in rows]"

    def _page_info(self, kind: Any, nodes: list[FieldNode]) -> str:
        written = {
            "__typename": repr(kind.name),
            "hasNextPage": "facts.has_next(more)",
            "hasPreviousPage": "facts.has_previous(more)",
            "startCursor": "(facts.cursor(rows[0]) if rows else None)",
            "endCursor": "(facts.cursor(rows[-1]) if rows else None)",
        }
        entries: dict[str, str] = {}
        for key, selected in self._compiler._selector.fields(kind, nodes).items():
            name = selected[0].name.value
            self.places = self.places or name.endswith("Cursor")
            entries[key] = written[name]
        return mapping(entries)


def _table(kind: GraphQLObjectType) -> type[Table]:
    found = table_of(kind.extensions[DEFINITION].origin)
    if found is None:
        raise Unplannable(f"{kind.name} shows no table")
    return found
