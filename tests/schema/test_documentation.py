"""What the documentation shows can be sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from schema import schema

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("inventory.md",)


@pytest.mark.parametrize("page", PAGES)
def test_every_graphql_example_fits_the_schema(page: str) -> None:
    """Each operation of the page is valid as it stands there."""
    examples = re.findall(r"```graphql\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert examples
    for example in examples:
        assert validate(schema.graphql, parse(example)) == [], example
