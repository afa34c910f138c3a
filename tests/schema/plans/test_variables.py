"""What plans remember of the values of variables."""

from __future__ import annotations

import tracemalloc

from schema.plans.variables import MAX_LENGTH, MAX_REMEMBERED, remembered, written


def test_a_remembered_value_takes_the_room_of_its_text() -> None:
    """Clients choose the values, and there may be many: no buffer is kept with one of them."""
    known: dict[bytes, int] = {}
    size = MAX_LENGTH // 2
    tracemalloc.start()
    try:
        for number in range(100):
            remembered(known, written({"after": f"{number:0{size}}"}), lambda: 0)
        used, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(known) == 100
    assert used < 100 * MAX_LENGTH


def test_what_is_remembered_is_found_again_and_bounded() -> None:
    """A value is made once; long ones are made each time, and too many are forgotten."""
    known: dict[bytes, object] = {}
    first = remembered(known, written({"first": 1}), object)
    assert remembered(known, written({"first": 1}), object) is first
    long = written("x" * MAX_LENGTH)
    assert remembered(known, long, object) is not remembered(known, long, object)
    for number in range(MAX_REMEMBERED):
        remembered(known, written(number), object)
    assert len(known) == 1
    assert remembered(known, written({"first": 1}), object) is not first
