"""Records: frozen classes of values, as `dataclass(frozen=True, slots=True)` makes them.

That decorator writes the source of six methods for each class and compiles them one by one: with
the three hundred records of this server a seventh of its start. Here only `__init__` is written,
when the first of a kind is made; the other methods are the same code for every record. Whatever
takes dataclasses takes records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(kind: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool = False, slots: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def record(
    kind: type[Any] | None = None, /, *, kw_only: bool = False, slots: bool = True
) -> type[Any] | Callable[[type[Any]], type[Any]]:
    """Make a class a record. Without `slots` it is the very class that was given, which one that
    registers its subclasses needs, and its instances can hold cached properties."""

    def make(kind: type[Any]) -> type[Any]:
        bare = dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)(kind)
        methods = _shared(bare)
        methods["__init__"] = _first(bare)
        for name, method in methods.items():
            if bare.__dict__.get(name) is None:
                setattr(bare, name, method)
        return bare

    return make if kind is None else make(kind)


def _shared(kind: type[Any]) -> dict[str, Callable[..., Any]]:
    """The methods that need no code of their own."""
    values = _values([item.name for item in fields(kind) if item.compare])
    shown = [item.name for item in fields(kind) if item.repr]

    def __eq__(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    def __hash__(self: Any) -> int:
        return hash(values(self))

    def __repr__(self: Any) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({told})"

    return {
        "__eq__": __eq__,
        "__hash__": __hash__,
        "__repr__": __repr__,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }


def _values(names: list[str]) -> Callable[[Any], Any]:
    if not names:
        return lambda _record: ()
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda record: (only(record),)
    return attrgetter(*names)


def _refuse_to_set(self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, item.name) for item in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for item, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, item.name, value)


def _first(kind: type[Any]) -> Callable[..., None]:
    """The `__init__` that makes the first of a kind, and has the others made by a written one."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        written = _written(kind)
        kind.__init__ = written
        written(self, *values, **named)

    return __init__


def _written(kind: type[Any]) -> Callable[..., None]:
    given = [item for item in fields(kind) if item.init]
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    placed = [_parameter(item, known) for item in given if not item.kw_only]
    named = [_parameter(item, known) for item in given if item.kw_only]
    parameters = ["self", *placed, *(["*", *named] if named else [])]
    values = [(item.name, _value(item, known)) for item in fields(kind)]
    lines = [f" _set(self, {name!r}, {value})" for name, value in values if value]
    if hasattr(kind, "__post_init__"):
        lines.append(" self.__post_init__()")
    source = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    exec(source, known)  # noqa: S102 - the names of fields, and nothing else, are from outside
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _parameter(item: Field[Any], known: dict[str, Any]) -> str:
    if item.default is not MISSING:
        known[f"_default_{item.name}"] = item.default
        return f"{item.name}=_default_{item.name}"
    return item.name if item.default_factory is MISSING else f"{item.name}=_missing"


def _value(item: Field[Any], known: dict[str, Any]) -> str:
    """What a field is set to; nothing when only `__post_init__` knows."""
    if item.default_factory is not MISSING:
        known[f"_make_{item.name}"] = item.default_factory
        make = f"_make_{item.name}()"
        return f"{make} if {item.name} is _missing else {item.name}" if item.init else make
    if item.init:
        return item.name
    known[f"_default_{item.name}"] = item.default
    return "" if item.default is MISSING else f"_default_{item.name}"
