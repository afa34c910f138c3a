"""Which file on a printer is the printed one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.fetching.names import PrintedJob, likely_names, matching
from app.fetching.transfer import fits
from app.ftps.listing import StoredFile
from app.threemf.sliced import SlicedFile, SlicedPlate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOB = PrintedJob("Big boat", "/data/Metadata/plate_2.gcode", 2, 120, NOON)


def test_names_follow_from_the_title() -> None:
    """With and without spaces; a path into the printer's memory is no file."""
    assert likely_names(JOB) == [
        "Big boat.gcode.3mf",
        "Big boat.3mf",
        "Big_boat.gcode.3mf",
        "Big_boat.3mf",
    ]


def test_a_file_that_the_printer_names_goes_first() -> None:
    """Whatever folder it tells; plain g-code too."""
    job = replace(JOB, title="x", file="/sdcard/cache/Boat.gcode.3mf")
    assert likely_names(job)[0] == "Boat.gcode.3mf"
    assert likely_names(replace(JOB, title="", file="vase.gcode")) == ["vase.gcode"]
    assert likely_names(replace(JOB, title="vase.gcode", file="")) == [
        "vase.gcode.gcode.3mf",
        "vase.gcode.3mf",
        "vase.gcode",
    ]


def test_a_title_that_lags_behind_its_plate() -> None:
    """Projects of several plates: the number of the plate is put into the title."""
    job = replace(JOB, title="Boat - Plate 1")
    assert "Boat - Plate 2.gcode.3mf" in likely_names(job)
    assert "Boat_plate_2.3mf" in likely_names(replace(JOB, title="Boat_plate_1"))
    assert "Boat - Plate 2.3mf" not in likely_names(replace(job, plate=None))


def _file(path: str, hours: float = -24) -> StoredFile:
    return StoredFile(path, 100, NOON + timedelta(hours=hours))


def test_files_are_matched_in_any_case_in_the_order_of_the_names() -> None:
    """Then the newest that is as new as the print, the cache first."""
    listed = [
        _file("/big boat.3mf"),
        _file("/other.3mf", 1),
        _file("/cache/BIG BOAT.GCODE.3MF"),
        _file("/cache/new.3mf", 0.5),
        _file("/cache/old.3mf", -3),
        _file("/cache/new.txt", 2),
        StoredFile("/model.3mf", is_folder=True),
    ]
    found = matching(likely_names(JOB), listed, JOB)
    assert [item.path for item in found] == [
        "/cache/BIG BOAT.GCODE.3MF",
        "/big boat.3mf",
        "/cache/new.3mf",
    ]
    assert matching([], [_file("/a.3mf")], replace(JOB, started_at=None)) == []


def _sliced(*layers: int | None) -> SlicedFile:
    plates = (SlicedPlate(n, layers=count, grams=Decimal(1)) for n, count in enumerate(layers, 1))
    return SlicedFile("3mf", None, tuple(plates))


def test_a_file_must_hold_the_plate_and_its_layers() -> None:
    """One that was only guessed must show that it is the right one."""
    assert fits(_sliced(5, 120), JOB, by_name=False)
    assert not fits(_sliced(5, 121), JOB, by_name=True)
    assert not fits(_sliced(120), JOB, by_name=True)
    assert fits(_sliced(5, None), JOB, by_name=True)
    assert not fits(_sliced(5, None), JOB, by_name=False)
    assert fits(_sliced(120), replace(JOB, plate=None), by_name=False)
    assert fits(_sliced(5, 120), replace(JOB, plate=None), by_name=False)
    assert fits(_sliced(5, 6), replace(JOB, plate=None, layers=None), by_name=True)
    assert not fits(_sliced(5, 6), replace(JOB, plate=None), by_name=False)
