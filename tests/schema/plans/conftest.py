"""Two equal databases, on each engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import clone


@pytest.fixture(params=["sqlite", "postgres"])
def database_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        paths = [shutil.copy(template, tmp_path / f"{number}.db") for number in range(2)]
        yield (f"sqlite:///{paths[0]}", f"sqlite:///{paths[1]}")
        return
    server, name = (request.getfixturevalue(f"postgres_{part}") for part in ("server", "template"))
    with clone(server, name) as one, clone(server, name) as other:
        yield one, other
