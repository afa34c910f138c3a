"""Names that every printer stores and that can be told in an address."""

import pytest

from app.ftps.names import remote_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Benchy", "Benchy.3mf"),
        ("Benchy.gcode.3mf", "Benchy.3mf"),
        ("part.3mf.3mf", "part.3mf"),
        ("Cable clip ×24.gcode", "Cable_clip_×24.3mf"),
        ('a<b>c:d"e/f\\g|h?i*j', "abcdefghij.3mf"),
        ("100% done #1 & more.3mf", "100_done_1__more.3mf"),
        ("dots... ", "dots.3mf"),
        ("..", "print.3mf"),
        ("\x00\n", "print.3mf"),
    ],
)
def test_names_become_safe(name, expected):
    """No spaces, nothing FAT forbids, nothing an address would read as something else."""
    assert remote_name(name) == expected


def test_names_are_cut_to_255_bytes_between_letters():
    """A letter of several bytes is kept whole or left out."""
    found = remote_name("ü" * 300, unique="-17")
    assert len(found.encode()) <= 255
    assert found.endswith("ü-17.3mf")
