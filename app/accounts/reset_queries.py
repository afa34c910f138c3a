"""All SQL of links that set a new password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from app.accounts.models import PasswordReset, RefreshToken
from app.database import ReadSession, WriteSession


async def replace_reset(session: WriteSession, reset: PasswordReset, now: datetime) -> None:
    """Add a link; earlier ones of the user, and all that have expired, are gone."""
    await session.execute(
        delete(PasswordReset).where(
            or_(PasswordReset.user_id == reset.user_id, PasswordReset.expires_at <= now)
        )
    )
    session.add(reset)


async def is_good(session: ReadSession, digest: bytes, now: datetime) -> bool:
    """True for a link that can still be used."""
    found = await session.scalar(
        select(PasswordReset.id).where(
            PasswordReset.token_hash == digest, PasswordReset.expires_at > now
        )
    )
    return found is not None


async def use_reset(session: WriteSession, digest: bytes, now: datetime) -> int | None:
    """Spend a link; the user it is for, for the one caller that got there first."""
    found: int | None = await session.scalar(
        delete(PasswordReset)
        .where(PasswordReset.token_hash == digest, PasswordReset.expires_at > now)
        .returning(PasswordReset.user_id)
    )
    return found


async def forget_resets(session: WriteSession, user_id: int) -> None:
    """No link of the user works any more."""
    await session.execute(delete(PasswordReset).where(PasswordReset.user_id == user_id))


async def end_sign_ins(
    session: WriteSession, user_id: int, now: datetime, keep: UUID | None
) -> Sequence[tuple[int, UUID]]:
    """End the sign-ins of a user but for `keep`; team and family of each that ended."""
    condition = (RefreshToken.user_id == user_id) & RefreshToken.revoked_at.is_(None)
    if keep is not None:
        condition &= RefreshToken.family != keep
    ended = await session.execute(
        update(RefreshToken)
        .where(condition)
        .values(revoked_at=now)
        .returning(RefreshToken.team_id, RefreshToken.family)
        .execution_options(synchronize_session=False)
    )
    return sorted({(row[0], row[1]) for row in ended})
