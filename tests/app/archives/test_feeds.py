"""Which spool gave what of a print."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

from app.archives.feeds import Feed, feeds_json, feeds_of, place_of, shares
from app.threemf.sliced import PlateFilament

RED, BLUE, SPARE = uuid4(), uuid4(), uuid4()
PLA_RED = PlateFilament(1, "PLA", "#FF0000", None, Decimal(10))
PLA_BLUE = PlateFilament(3, "PLA", "#0000FF", None, Decimal(5))


def _spools(
    filaments: list[PlateFilament], feeds: list[Feed], slots: list[int], reached: int = 100
) -> list[tuple[int, UUID | None, Decimal]]:
    return [
        (share.filament.number, share.spool_id, share.part)
        for share in shares(filaments, feeds, slots, reached)
    ]


def test_slots_as_newer_printers_number_them() -> None:
    """Units and slots, external holders, AMS HT, and what is not used."""
    assert [place_of(value) for value in (0, 259, 0x8000, 0xFF00, 0xFE00)] == [
        (0, 0),
        (1, 3),
        (128, 0),
        (None, 0),
        (None, 1),
    ]
    assert [place_of(value) for value in (65535, 65279, 255, -1)] == [None] * 4


def test_the_printers_own_list_goes_first() -> None:
    """Whatever colours the slots have; filaments count from 1 in the project."""
    feeds = [
        Feed("PLA", "#0000FF", 0, 0, spool_id=RED),
        Feed("PLA", "#FF0000", 0, 2, spool_id=BLUE),
    ]
    assert _spools([PLA_RED, PLA_BLUE], feeds, [0, 65535, 2]) == [(1, RED, 1), (3, BLUE, 1)]


def test_without_a_list_material_and_colour_tell() -> None:
    """The same colour first, then the same material, then what is alone."""
    feeds = [
        Feed("PLA", "#0000ff", 0, 0, spool_id=BLUE),
        Feed("PLA", "#FF0000", 0, 1, spool_id=RED),
    ]
    assert _spools([PLA_RED, PLA_BLUE], feeds, []) == [(1, RED, 1), (3, BLUE, 1)]
    other = [Feed("PLA", "#123456", 0, 0, spool_id=SPARE), feeds[1]]
    assert _spools([PLA_RED, PLA_BLUE], other, []) == [(1, RED, 1), (3, SPARE, 1)]
    assert _spools([PLA_RED], [Feed("PETG", spool_id=SPARE)], []) == [(1, SPARE, 1)]
    assert _spools([PLA_RED, PLA_BLUE], [Feed("PETG", spool_id=SPARE)], []) == [
        (1, None, 1),
        (3, None, 1),
    ]
    assert _spools([PLA_RED], [], [0]) == [(1, None, 1)]


def test_a_spool_that_ran_out_is_shared_with_the_next() -> None:
    """By how far the print was at the change, of what it reached."""
    feeds = [
        Feed("PLA", "#FF0000", 0, 0, since=0, spool_id=RED),
        Feed("PLA", "#FF0000", 0, 3, since=30, spool_id=SPARE),
    ]
    assert _spools([PLA_RED], feeds, []) == [
        (1, RED, Decimal("0.3")),
        (1, SPARE, Decimal("0.7")),
    ]
    assert _spools([PLA_RED], feeds, [], 60) == [
        (1, RED, Decimal("0.5")),
        (1, SPARE, Decimal("0.5")),
    ]
    assert _spools([PLA_RED], feeds, [], 0) == [(1, RED, 1)]


def test_feeds_are_kept_as_they_are() -> None:
    """In the row of their run, as JSON."""
    feeds = [Feed("PLA", "#FF0000", None, 0, "A" * 32, 7, RED), Feed("ABS")]
    assert feeds_of(feeds_json(feeds)) == feeds
