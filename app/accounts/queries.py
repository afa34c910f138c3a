"""All SQL of accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from app.accounts.models import ApiKey, Membership, RefreshToken, Role, Team, User
from app.database import ReadSession, WriteSession

Session = ReadSession | WriteSession


async def key_by_digest(session: Session, digest: bytes) -> tuple[ApiKey, Membership | None] | None:
    """A key with the membership of its owner in its team (None when the owner left)."""
    return await _key(session, ApiKey.secret_hash == digest)


async def key_with_owner(session: Session, key_id: int) -> tuple[ApiKey, Membership | None] | None:
    """The same by the id of the key."""
    return await _key(session, ApiKey.id == key_id)


async def _key(
    session: Session, wanted: ColumnElement[bool]
) -> tuple[ApiKey, Membership | None] | None:
    row = (
        await session.execute(
            select(ApiKey, Membership)
            .outerjoin(
                Membership,
                (Membership.user_id == ApiKey.user_id) & (Membership.team_id == ApiKey.team_id),
            )
            .where(wanted)
        )
    ).first()
    return None if row is None else (row[0], row[1])


async def member_by_uid(
    session: Session, user_uid: UUID, team_id: int
) -> tuple[User, Membership] | None:
    """A user in a team."""
    row = (
        await session.execute(
            select(User, Membership)
            .join(Membership, Membership.user_id == User.id)
            .where(User.uid == user_uid, Membership.team_id == team_id)
        )
    ).first()
    return None if row is None else (row[0], row[1])


async def memberships_by_uid(
    session: Session, user_uid: UUID
) -> tuple[User, list[Membership]] | None:
    """A user with all memberships, the oldest first."""
    rows = (
        await session.execute(
            select(User, Membership)
            .join(Membership, Membership.user_id == User.id)
            .where(User.uid == user_uid)
            .order_by(Membership.id)
        )
    ).all()
    return (rows[0][0], [row[1] for row in rows]) if rows else None


async def user_by_email(session: Session, email: str) -> User | None:
    """A user by e-mail, whatever its case."""
    found: User | None = await session.scalar(select(User).where(User.email == email.lower()))
    return found


async def user_by_id(session: Session, user_id: int) -> User | None:
    """A user by id."""
    return await session.get(User, user_id)


async def users_by_ids(session: Session, ids: Collection[int]) -> dict[int, User]:
    """Users by id."""
    rows = await session.scalars(select(User).where(User.id.in_(ids)))
    return {row.id: row for row in rows}


async def membership(session: Session, user_id: int, team_id: int) -> Membership | None:
    """What a user is in a team."""
    found: Membership | None = await session.scalar(
        select(Membership).where(Membership.user_id == user_id, Membership.team_id == team_id)
    )
    return found


async def default_membership(session: Session, user_id: int) -> Membership | None:
    """The membership a plain sign-in acts in: the first one."""
    found: Membership | None = await session.scalar(
        select(Membership).where(Membership.user_id == user_id).order_by(Membership.id).limit(1)
    )
    return found


async def teams_of(session: Session, user_id: int) -> Sequence[Team]:
    """The teams of a user, oldest membership first."""
    return (
        await session.scalars(
            select(Team)
            .join(Membership, Membership.team_id == Team.id)
            .where(Membership.user_id == user_id)
            .order_by(Membership.id)
        )
    ).all()


async def memberships_with_teams(
    session: Session, user_id: int
) -> Sequence[tuple[Membership, Team]]:
    """The memberships of a user with their teams, the oldest first."""
    rows = await session.execute(
        select(Membership, Team)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.id)
    )
    return [(row[0], row[1]) for row in rows]


async def team_by_id(session: Session, team_id: int) -> Team | None:
    """A team by id."""
    return await session.get(Team, team_id)


async def teams_by_ids(session: Session, ids: Collection[int]) -> dict[int, Team]:
    """Teams by id."""
    rows = await session.scalars(select(Team).where(Team.id.in_(ids)))
    return {row.id: row for row in rows}


async def team_named(session: Session, name: str) -> Team | None:
    """The oldest team of that name; else the one with that UUID."""
    found: Team | None = await session.scalar(
        select(Team).where(Team.name == name).order_by(Team.id).limit(1)
    )
    if found is not None:
        return found
    try:
        uid = UUID(name)
    except ValueError:
        return None
    by_uid: Team | None = await session.scalar(select(Team).where(Team.uid == uid))
    return by_uid


async def count_users(session: Session) -> int:
    """How many users there are."""
    return await session.scalar(select(func.count(User.id))) or 0


async def members(session: Session) -> Sequence[tuple[User, Membership, Team]]:
    """Every membership with its user and team."""
    rows = await session.execute(
        select(User, Membership, Team)
        .join(Membership, Membership.user_id == User.id)
        .join(Team, Team.id == Membership.team_id)
        .order_by(Team.id, User.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def keys_of_team(session: Session) -> Sequence[ApiKey]:
    """The keys of the session's team, newest first."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.id.desc()))).all()


async def key_by_id(session: Session, key_id: int) -> ApiKey | None:
    """A key of the session's team."""
    found: ApiKey | None = await session.scalar(select(ApiKey).where(ApiKey.id == key_id))
    return found


async def note_key_use(session: WriteSession, used: dict[int, datetime]) -> None:
    """Write when keys were last used; keys that are gone meanwhile are passed over."""
    statement = (
        update(ApiKey.__table__)  # type: ignore[arg-type]
        .where(ApiKey.id == bindparam("key_id"))
        .values(last_used_at=bindparam("moment"))
    )
    # In the order of ids, so that two processes that write at once do not wait for each other.
    rows = [{"key_id": key_id, "moment": used[key_id]} for key_id in sorted(used)]
    await (await session.connection()).execute(statement, rows)


async def refresh_token(session: Session, digest: bytes) -> RefreshToken | None:
    """A refresh token by its hash."""
    found: RefreshToken | None = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == digest)
    )
    return found


async def spend_refresh_token(session: WriteSession, token_id: int, now: datetime) -> bool:
    """Mark a token as used; True for the one caller that got there first."""
    spent = await session.scalar(
        update(RefreshToken)
        .where(
            RefreshToken.id == token_id,
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
        )
        .values(used_at=now)
        .returning(RefreshToken.id)
    )
    return spent is not None


async def revoke_family(session: WriteSession, family: UUID, now: datetime) -> None:
    """End a sign-in: none of its refresh tokens works any more."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def family_of_client(session: Session, family: UUID, client_id: int) -> int | None:
    """The team of a sign-in that an application made; None for any other."""
    found: int | None = await session.scalar(
        select(RefreshToken.team_id)
        .where(RefreshToken.family == family, RefreshToken.client_id == client_id)
        .limit(1)
    )
    return found


async def family_is_revoked(session: Session, family: UUID) -> bool:
    """True once the sign-in was ended."""
    found = await session.scalar(
        select(RefreshToken.id)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_not(None))
        .limit(1)
    )
    return found is not None


async def revoke_user(session: WriteSession, user_id: int, now: datetime) -> None:
    """End every sign-in of a user."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def forget_sign_ins(session: WriteSession, before: datetime) -> int:
    """Delete refresh tokens that expired before a moment. Returns how many.

    The tokens of a revoked sign-in stay until the last of them has expired: they are what says
    that it was revoked.
    """
    alive = aliased(RefreshToken)
    result = await session.execute(
        delete(RefreshToken)
        .where(
            RefreshToken.expires_at < before,
            RefreshToken.revoked_at.is_(None)
            | ~exists().where(alive.family == RefreshToken.family, alive.expires_at >= before),
        )
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    )
    return len(result.all())


async def lock_user(session: WriteSession, user_id: int) -> User | None:
    """A user that nobody else changes until the end of the transaction."""
    found: User | None = await session.scalar(
        select(User).where(User.id == user_id).with_for_update()
    )
    return found


async def lock_owners(session: WriteSession, team_id: int) -> Sequence[Membership]:
    """The owners of a team, which nobody else changes until the end of the transaction."""
    return (
        await session.scalars(
            select(Membership)
            .where(Membership.team_id == team_id, Membership.role == Role.OWNER)
            .order_by(Membership.id)
            .with_for_update()
        )
    ).all()


async def first_owner(session: Session, email: str | None) -> Membership | None:
    """The owner with this e-mail; without an e-mail the oldest owner."""
    statement = select(Membership).where(Membership.role == Role.OWNER).order_by(Membership.id)
    if email is not None:
        statement = statement.join(User, User.id == Membership.user_id).where(
            User.email == email.lower()
        )
    found: Membership | None = await session.scalar(statement.limit(1))
    return found


async def keys_named(session: Session, team_id: int, name: str) -> Sequence[ApiKey]:
    """The keys of a team with this name that still work."""
    return (
        await session.scalars(
            select(ApiKey).where(
                ApiKey.team_id == team_id, ApiKey.name == name, ApiKey.revoked_at.is_(None)
            )
        )
    ).all()
