"""The search means the same on both databases and in plain Python."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from app.archives import figures, queries, reading, search, service
from app.archives.models import Archive, ArchiveStatus
from app.archives.queries import ORDERS, ArchiveFilter
from app.database import Database
from app.keyset import Window
from tests.farm import NOON, make_viewer

LETTERS = ("a", "b", "ä", "ß", "%", "_", "\\", "'", '"', "*", "-", "7", " ")


def _text(dice: random.Random, most: int) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randint(1, most))).strip() or "x"


def _archive(dice: random.Random, number: int) -> Archive:
    row = Archive(
        name=_text(dice, 12),
        filename=_text(dice, 12),
        notes=dice.choice((None, _text(dice, 30).upper())),
        tags=[" ".join(_text(dice, 6).split()) for _ in range(dice.randint(0, 2))],
        filament_type=dice.choice((None, "PLA", "PETG", "PETG, PLA")),
        status=dice.choice((ArchiveStatus.SUCCESS, ArchiveStatus.FAILED, ArchiveStatus.READY)),
        created_at=NOON + timedelta(seconds=number // 3),
        updated_at=NOON,
    )
    row.search_text = service.search_text(row)
    return row


def _matches(row: Archive, wanted: ArchiveFilter) -> bool:
    """What the filter means, said without an index."""
    texts = (row.name, row.filename, row.notes or "", row.filament_type or "", *row.tags)
    whole = "\n".join(texts).casefold()
    return (
        all(word in whole for word in (wanted.search or "").casefold().split())
        and (wanted.tag is None or wanted.tag.casefold() in whole.split("\n"))
        and (
            wanted.material is None
            or wanted.material.lower() in (row.filament_type or "").lower().split(", ")
        )
        and (wanted.statuses is None or row.status in wanted.statuses)
    )


def _wanted(dice: random.Random, rows: list[Archive]) -> ArchiveFilter:
    found = dice.choice(rows)
    begin = dice.randrange(max(1, len(found.search_text) - 4))
    part = " ".join(found.search_text[begin : begin + dice.randint(1, 9)].split())
    statuses = frozenset(dice.sample(list(ArchiveStatus), 2))
    return ArchiveFilter(
        search=dice.choice(
            (part, part[:2], part.upper(), _text(dice, 5), f"{part} {_text(dice, 2)}", None)
        ),
        tag=dice.choice((None, None, found.tags[0] if found.tags else "none")),
        material=dice.choice((None, None, "pla", "PETG", "TPU", "PA")),
        statuses=dice.choice((None, None, statuses)),
    )


@pytest.mark.parametrize("near", [0, 5, reading.NEAR])
async def test_every_filter_finds_what_its_words_say(
    database: Database, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    """Over random texts, whichever reading answers: in both orders, both ways, in pages, counted;
    and after texts were changed and rows deleted."""
    monkeypatch.setattr(reading, "NEAR", near)
    monkeypatch.setattr(reading, "DEEP", near // 4)
    dice = random.Random(near)  # noqa: S311 - the same texts each time
    team = (await make_viewer(database)).team_id
    async with database.transaction(team) as session:
        session.add_all([_archive(dice, number) for number in range(120)])
    async with database.transaction(team) as session:
        for row in (await session.scalars(select(Archive).order_by(Archive.id).limit(20))).all():
            if row.id % 2:
                await session.delete(row)
            else:
                row.name = _text(dice, 9)
                row.search_text = service.search_text(row)
    async with database.transaction(team) as session:
        await figures.rebuild(session)
    async with database.read(team) as session:
        rows = list(await session.scalars(select(Archive)))
        for _ in range(60):
            wanted = _wanted(dice, rows)
            expected = [row for row in rows if _matches(row, wanted)]
            assert await queries.count(session, wanted) == len(expected), wanted
            expected.sort(key=lambda row: (row.created_at, row.id))
            for order in (ORDERS["created_at", False], ORDERS["created_at", True]):
                page = await reading.page(session, wanted, order, Window(first=7, offset=2))
                in_order = expected[::-1] if order.descending else expected
                assert [row.id for row in page.rows] == [row.id for row in in_order[2:9]], wanted
                assert page.has_next == (len(in_order) > 9)
            for order in (ORDERS["name", False], ORDERS["name", True]):
                seen: list[int] = []
                after = None
                while True:
                    asked = Window(first=30, after=after)
                    page = await reading.page(session, wanted, order, asked)
                    seen += [row.id for row in page.rows]
                    if not page.has_next:
                        break
                    after = page.cursor(page.rows[-1])
                assert sorted(seen) == sorted(row.id for row in expected), wanted
                back = await reading.page(session, wanted, order, Window(last=3))
                assert [row.id for row in back.rows] == seen[-3:]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ArchiveFilter(search=""), 9),
        (ArchiveFilter(material=""), 0),
        (ArchiveFilter(tag=""), 0),
        (ArchiveFilter(material="", project_id=1), 0),
        (ArchiveFilter(tag="", statuses=frozenset({ArchiveStatus.READY})), 0),
    ],
)
async def test_empty_texts_are_counted_as_they_are_listed(
    database: Database, wanted: ArchiveFilter, expected: int
) -> None:
    """No words match everything; no archive has a material or a tag without a letter."""
    team = (await make_viewer(database)).team_id
    dice = random.Random(1)  # noqa: S311 - the same texts each time
    async with database.transaction(team) as session:
        rows = [_archive(dice, number) for number in range(9)]
        for row in rows:
            row.notes = "Some."
            row.filament_type = "PLA"
            row.search_text = service.search_text(row)
        session.add_all(rows)
        await session.flush()
        await figures.rebuild(session)
    async with database.read(team) as session:
        page = await reading.page(session, wanted, queries.NEWEST_FIRST, Window(first=50))
        assert len(page.rows) == expected
        assert await queries.count(session, wanted) == expected
        of_each = await queries.counts_of_each(session, "printer_id", [1], wanted)
        assert of_each == {}


def test_short_words_are_the_beginning_of_trigrams() -> None:
    """Of two characters always, of one where the index is asked for nothing else."""
    parts = ["ab", "abcd", "bcd", "c"]
    assert search.grams(parts) == ["abc", "bcd"]
    assert search.beginnings(parts) == ["ab"]
    assert search.beginnings(["c", "abc"]) == []
    assert search.beginnings(["c", "b"]) == ["b", "c"]
    assert search.may_hold([]) is None


FILTERS = (
    ArchiveFilter(),
    ArchiveFilter(printer_id=1),
    ArchiveFilter(project_id=1),
    ArchiveFilter(statuses=frozenset({ArchiveStatus.FAILED})),
    ArchiveFilter(statuses=frozenset({ArchiveStatus.FAILED, ArchiveStatus.READY})),
    ArchiveFilter(printer_id=1, statuses=frozenset({ArchiveStatus.FAILED})),
    ArchiveFilter(project_id=1, statuses=frozenset({ArchiveStatus.FAILED})),
    ArchiveFilter(printer_id=1, project_id=1),
    ArchiveFilter(created_from=NOON),
    ArchiveFilter(printer_id=1, created_from=NOON, created_until=NOON),
    ArchiveFilter(search="benchy"),
    ArchiveFilter(search="benchy", printer_id=1),
    ArchiveFilter(search="be"),
    ArchiveFilter(search="b"),
    ArchiveFilter(tag="gift"),
    ArchiveFilter(material="PLA"),
)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
async def test_no_reading_goes_through_the_whole_history(
    sqlite_url: str, wanted: ArchiveFilter
) -> None:
    """SQLite searches the archives by an index in every statement, whatever the filter and order,
    and sorts nothing where an index gives the order."""
    database = Database(sqlite_url)
    statements: list[tuple[str, Any]] = []

    def note(_1: object, _2: object, statement: str, values: Any, *_rest: object) -> None:
        statements.append((statement, values))

    engine = database.read_engine
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with database.read(1) as session:
        for order in ORDERS.values():
            await reading.page(session, wanted, order, Window(first=50))
            await queries.count(session, wanted)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    async with engine.connect() as connection:
        for statement, values in statements:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row[3] for row in plan]
            assert "SCAN archives" not in steps, (statement, steps)
    await database.close()
