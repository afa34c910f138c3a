"""Rows that are about to be referred to: they may change meanwhile, but not disappear."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.database import WriteSession

Row = TypeVar("Row")


async def kept(
    session: WriteSession, kind: type[Row], key: InstrumentedAttribute[Any], value: object
) -> Row | None:
    """The row with this key, which nobody deletes before the transaction ends; None without one.

    A plain read could find a row that is gone by the time the reference to it is written.
    """
    found: Row | None = await session.scalar(
        select(kind).where(key == value).with_for_update(read=True, key_share=True)
    )
    return found
