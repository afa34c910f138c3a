"""The printed schema is the one in the repository, and every part of it is described."""

from __future__ import annotations

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)

import schema

SDL = Path(schema.__file__).parent / "schema.graphql"


def test_the_committed_sdl_is_what_the_code_prints() -> None:
    """A change of the schema is a change of the file (`make schema`)."""
    assert SDL.read_text() == schema.print_sdl()


def test_everything_is_described() -> None:
    """Every type, field, argument, input field and enum value carries a description."""
    missing: list[str] = []
    for kind in build_schema(SDL.read_text()).type_map.values():
        if kind.name.startswith("__") or kind.name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        missing += [] if kind.description else [kind.name]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                missing += [] if field.description else [f"{kind.name}.{name}"]
                missing += [
                    f"{kind.name}.{name}({argument})"
                    for argument, value in field.args.items()
                    if not value.description
                ]
        elif isinstance(kind, GraphQLInputObjectType):
            missing += [f"{kind.name}.{n}" for n, f in kind.fields.items() if not f.description]
        elif isinstance(kind, GraphQLEnumType):
            missing += [f"{kind.name}.{n}" for n, v in kind.values.items() if not v.description]
    assert missing == []
