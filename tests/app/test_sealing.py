"""Access codes are sealed with the farm's secret."""

from __future__ import annotations

import pytest

from app.sealing import CannotOpen, Sealer


def _sealer(secret: str) -> Sealer:
    sealer = Sealer()
    sealer.unlock(secret)
    return sealer


def test_what_one_process_seals_another_opens() -> None:
    """The key depends on the secret alone, and a sealed text shows nothing of it."""
    sealed = _sealer("the farm's secret").seal("12345678")
    assert b"12345678" not in sealed
    assert _sealer("the farm's secret").open(sealed) == "12345678"


def test_the_same_text_never_looks_the_same() -> None:
    """Equal access codes of two printers cannot be told from the database."""
    sealer = _sealer("secret")
    assert sealer.seal("12345678") != sealer.seal("12345678")


def test_another_secret_cannot_open() -> None:
    """The error says what to do and holds neither the text nor the secret."""
    sealed = _sealer("one").seal("12345678")
    with pytest.raises(CannotOpen, match="enter it again") as refused:
        _sealer("two").open(sealed)
    assert "12345678" not in str(refused.value)


def test_the_last_secret_counts() -> None:
    """A sealer that is given another secret forgets the key of the one before."""
    sealer = _sealer("one")
    sealer.seal("12345678")
    sealer.unlock("two")
    assert _sealer("two").open(sealer.seal("12345678")) == "12345678"


def test_nothing_is_sealed_before_the_secret_is_known() -> None:
    """A sealer without secret refuses to work; it never falls back to a known key."""
    with pytest.raises(RuntimeError, match="no secret"):
        Sealer().seal("12345678")
