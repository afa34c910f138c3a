"""Files that set traps are refused with a sentence; nothing else ever comes out of reading."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.threemf import package, reading
from app.threemf.sliced import Unreadable
from tests.sliced import GCODE, PNG, Plate, threemf, zipped

INFO = "Metadata/slice_info.config"


def _refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as refused:
        reading.read(path, "x.3mf")
    assert refused.value.field == "file"
    return refused.value.message


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/passwd", "..\\evil", "\\evil", "C:evil", "C:\\evil"]
)
def test_names_that_lead_out(tmp_path: Path, name: str) -> None:
    """Whatever system they are meant for."""
    assert "leads out" in _refused(tmp_path, zipped({name: b"x"}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Its size alone gives it away, and little memory is used to find out."""
    content = zipped({"Metadata/plate_1.gcode": bytes(300_000_000)})
    tracemalloc.start()
    message = _refused(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to much more" in message
    assert peak < 20_000_000


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    """What the list says is small; only so much is read as may be."""
    content = bytearray(zipped({INFO: bytes(60_000_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature)
        struct.pack_into("<L", content, at + offset, 1000)
    assert "not a sound 3MF" in _refused(tmp_path, bytes(content))


def test_entries_beyond_counting(tmp_path: Path) -> None:
    """The number is looked at before the list is read."""
    content = zipped({f"{number}": b"" for number in range(package.MAX_ENTRIES + 1)}, 0)
    assert "more than 5000 entries" in _refused(tmp_path, content)


def test_a_list_of_entries_that_is_huge(tmp_path: Path) -> None:
    """Few entries with endless comments fill the memory too."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(40):
            entry = zipfile.ZipInfo(str(number))
            entry.comment = bytes(60_000)
            made.writestr(entry, b"")
    assert "more than 5000 entries" in _refused(tmp_path, file.getvalue())


def test_entries_that_overlap(tmp_path: Path) -> None:
    """Two entries of the list that share one place."""
    content = bytearray(zipped({"a": b"x" * 1000, "b": b"y" * 1000}, 0))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    struct.pack_into("<L", content, second + 42, 0)
    assert "overlap" in _refused(tmp_path, bytes(content))


def test_an_encrypted_entry(tmp_path: Path) -> None:
    """Nobody can print it."""
    content = bytearray(zipped({INFO: b"<config/>"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", content, content.index(signature) + offset, 1)
    assert "encrypted" in _refused(tmp_path, bytes(content))


def test_an_unusual_packing(tmp_path: Path) -> None:
    """LZMA and others could need any amount of memory."""
    assert "packed in a way" in _refused(tmp_path, zipped({INFO: b"x"}, zipfile.ZIP_LZMA))


def test_two_entries_of_one_name(tmp_path: Path) -> None:
    """The printer might take the other one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(INFO, "<config/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr(INFO, "<config/>")
    assert "two entries" in _refused(tmp_path, file.getvalue())


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><config>&b;</config>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><config>&b;</config>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x"><config/>',
        "<config>",
        "no xml",
        '<?xml version="1.0" encoding="utf-99"?><config/>',
    ],
)
def test_xml_with_entities_or_without_sense(tmp_path: Path, xml: str) -> None:
    """No entity is expanded and nothing is fetched."""
    assert "not sound XML" in _refused(tmp_path, zipped({INFO: xml.encode()}))


def test_an_entry_beyond_its_limit(tmp_path: Path) -> None:
    """The slicer's figures never take megabytes upon megabytes."""
    noise = "<config>" + "".join(f"<a b='{number}'/>" for number in range(700_000)) + "</config>"
    assert "larger than" in _refused(tmp_path, zipped({INFO: noise.encode()}))


def test_plates_beyond_counting(tmp_path: Path) -> None:
    """No project has hundreds of plates."""
    info = "".join(Plate(number).info for number in range(1, 202))
    assert "200 plates" in _refused(tmp_path, zipped({INFO: f"<config>{info}</config>".encode()}))


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x05\x06", bytes(1000), GCODE])
def test_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    """Anything under the name of a 3MF."""
    assert "not a sound 3MF" in _refused(tmp_path, content)


def test_a_zip_with_nothing_in_it(tmp_path: Path) -> None:
    """It is sound as a zip, and holds no plate that could be printed."""
    path = tmp_path / "file"
    path.write_bytes(zipped({}))
    assert reading.read(path, "x.3mf").plates == ()


SOUND = threemf(Plate(name="Hull"), Plate(2), extra={"Metadata/thumbnail.png": PNG})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, len(SOUND)),
)
def test_damage_is_refused_or_survived(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    """Whatever bytes change or are missing: a file is read, or refused with a sentence."""
    content = bytearray(SOUND)
    for place, value in changes:
        content[place] = value
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(bytes(content[:cut] if cut % 5 == 0 else content))
    with suppress(Unreadable):
        reading.read(path, "x.3mf")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=2000), st.text(max_size=2000).map(str.encode)))
def test_any_g_code_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Comments of any form, numbers of any length."""
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    for body in (content, GCODE + content, b"; total filament weight [g] : " + content):
        path.write_bytes(body)
        with suppress(Unreadable):
            reading.read(path, "x.gcode")


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["index", "prediction", "weight", "printer_model_id", "nozzle_diameters"]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30),
    )
)
def test_any_figures_are_read(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    """Whatever a slicer writes, what comes out fits the database or is not known."""
    from xml.sax.saxutils import quoteattr

    lines = "".join(
        f"<metadata key={quoteattr(k)} value={quoteattr(v)}/>" for k, v in values.items()
    )
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(zipped({INFO: f"<config><plate>{lines}</plate></config>".encode()}))
    for plate in reading.read(path, "x.3mf").plates:
        assert 1 <= plate.number <= 999
        assert plate.seconds is None or 0 <= plate.seconds <= 366 * 86_400
        assert plate.printer_model is None or 0 < len(plate.printer_model) <= 64
