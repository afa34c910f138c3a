"""The GraphQL schema, built from the folders of the nouns."""

from __future__ import annotations

from graphql import build_schema, lexicographic_sort_schema, print_schema

from schema import enums
from schema.build import schema


def print_sdl() -> str:
    """The schema in SDL, sorted."""
    return print_schema(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"


__all__ = ["enums", "print_sdl", "schema"]
