"""Records are what frozen dataclasses with slots are, by any use that is made of them."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any, ClassVar

import pytest

from app.records import record


@record
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="s", repr=False)
    kind: ClassVar[str] = "point"


@record(kw_only=True)
class Named(Point):
    name: str
    loud: str = field(init=False)
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loud", self.name.upper())


@record
class Nothing:
    pass


@record(slots=False)
class Open:
    x: int


@dataclass(frozen=True, slots=True)
class PointAsUsual:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="s", repr=False)


def test_a_record_says_what_a_dataclass_says() -> None:
    """In words, as a dict, and by its fields."""
    ours, usual = Point(1, tags=["a"]), PointAsUsual(1, tags=["a"])
    assert repr(ours) == repr(usual).replace("PointAsUsual", "Point")
    assert asdict(ours) == asdict(usual)
    assert [item.name for item in fields(ours)] == [item.name for item in fields(usual)]
    assert hash(ours) == hash(usual)
    assert Point.__match_args__ == PointAsUsual.__match_args__


def test_equal_values_of_one_kind_are_equal() -> None:
    """Fields that are not compared do not count, and another kind is another thing."""
    assert Point(1, tags=["a"]) == Point(1, tags=["b"])
    assert Point(1) != Point(2)
    assert {Point(1), Point(1), Point(2)} == {Point(1), Point(2)}
    assert Point(1) != PointAsUsual(1)
    assert Nothing() == Nothing()
    assert Nothing() != Open(1)
    assert Open(1) == Open(1)
    assert hash(Open(1)) == hash((1,))


def test_nothing_of_a_record_changes() -> None:
    """Neither its fields nor anything beside them; a changed one is a new one."""
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert not hasattr(point, "__dict__")
    assert replace(point, x=3) == Point(3)
    assert point == Point(1)


def test_every_record_has_lists_of_its_own() -> None:
    """Defaults are made anew, or given."""
    assert Point(1).tags is not Point(1).tags
    tags = ["x"]
    assert Point(1, tags=tags).tags is tags


def test_fields_are_inherited_and_may_be_found_later() -> None:
    """Those by name alone, those nobody gives, and those that `__post_init__` finds."""
    named = Named(1, name="anna")
    assert (named.x, named.y, named.loud, named.seen) == (1, 2, "ANNA", 0)
    assert named == Named(1, 2, name="anna")
    with pytest.raises(FrozenInstanceError):
        named.name = "eve"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((1, 2, [], "s", 5), {}), ((1,), {"z": 1}), ((1,), {"x": 1})]
)
def test_what_cannot_be_made_is_refused(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """As any call with wrong arguments."""
    with pytest.raises(TypeError, match=r"Point\.__init__\(\)"):
        Point(*given, **named)


def _pickled(value: object) -> object:
    return pickle.loads(pickle.dumps(value))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _pickled])
@pytest.mark.parametrize("value", [Point(1, tags=["a"]), Named(1, name="n"), Nothing(), Open(3)])
def test_records_can_be_copied(copied: Any, value: Any) -> None:
    """A copy is equal, and as frozen."""
    made = copied(value)
    assert made == value
    assert repr(made) == repr(value)
