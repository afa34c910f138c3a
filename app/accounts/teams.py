"""Teams, who is in them, and who is asked into them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update

from app import texts
from app.accounts import members, queries, tokens
from app.accounts.models import Invitation, Membership, Role, Scope, Team
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Forbidden, NotFound
from app.events import (
    CredentialRevoked,
    TeamCreated,
    TeamMemberAdded,
    TeamMemberRemoved,
    UserInvited,
)
from app.records import record

MAX_TEAM_NAME = 200
INVITATION_DAYS = 7
MAX_OPEN_INVITATIONS = 500


@record
class Added:
    """Somebody with an account is a member at once; anybody else has an invitation, whose token
    is in nobody's hands but those of the person it is sent to."""

    membership: Membership | None = None
    invitation: Invitation | None = None
    token: str | None = None


async def create_team(session: WriteSession, viewer: Viewer, name: str) -> Team:
    """A new team whose owner is the viewer. The session reads as every team.

    Raises `Forbidden` without the scope ADMIN, `Invalid` for a bad name.
    """
    viewer.require(Scope.ADMIN)
    now = datetime.now(UTC)
    team = Team(name=texts.required(name, "name", MAX_TEAM_NAME), created_at=now)
    session.add(team)
    await session.flush()
    session.add(
        Membership(team_id=team.id, user_id=viewer.user_id, role=Role.OWNER, created_at=now)
    )
    session.raise_event(TeamCreated(team_id=team.id, user_id=viewer.user_id))
    return team


async def rename_team(session: WriteSession, viewer: Viewer, name: str) -> Team:
    """Give the viewer's team another name."""
    viewer.require(Scope.ADMIN)
    team = await queries.team_by_id(session, viewer.team_id)
    if team is None:
        raise NotFound("There is no such team.", field="id")
    team.name = texts.required(name, "name", MAX_TEAM_NAME)
    return team


async def add_member(session: WriteSession, viewer: Viewer, email: str, role: Role) -> Added:
    """Add a person to the viewer's team, or invite them when they have no account.

    An open invitation of the same person is replaced by the new one. Raises `Forbidden` (only an
    owner makes owners), `Invalid` for a bad e-mail, `Conflict` for somebody who is in the team.
    """
    viewer.require(Scope.ADMIN)
    _may_give(viewer, role)
    email = members.checked_email(email)
    user = await queries.user_by_email(session, email)
    if user is None:
        return await _invite(session, viewer, email, role)
    return Added(membership=await join(session, viewer.team_id, user.id, role))


async def join(session: WriteSession, team_id: int, user_id: int, role: Role) -> Membership:
    """Make a user a member. Raises `Conflict` when they are one."""
    await queries.lock_user(session, user_id)
    if await _membership(session, team_id, user_id) is not None:
        raise Conflict("This person is in the team already.", field="email")
    membership = Membership(
        team_id=team_id, user_id=user_id, role=role, created_at=datetime.now(UTC)
    )
    session.add(membership)
    await session.flush()
    session.raise_event(TeamMemberAdded(team_id=team_id, user_id=user_id, role=role.value))
    return membership


async def _invite(session: WriteSession, viewer: Viewer, email: str, role: Role) -> Added:
    now = datetime.now(UTC)
    open_ones = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    await session.execute(
        update(Invitation).where(Invitation.email == email, *open_ones).values(revoked_at=now)
    )
    number = await session.scalar(
        select(func.count(Invitation.id)).where(*open_ones, Invitation.expires_at > now)
    )
    if (number or 0) >= MAX_OPEN_INVITATIONS:
        raise Conflict(f"A team has at most {MAX_OPEN_INVITATIONS} open invitations.")
    token = tokens.new_invitation_token()
    invitation = Invitation(
        team_id=viewer.team_id,
        email=email,
        role=role,
        token_hash=tokens.digest(token),
        invited_by=viewer.user_id,
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    await session.flush()
    session.raise_event(UserInvited(team_id=viewer.team_id, invitation_id=invitation.id))
    return Added(invitation=invitation, token=token)


async def set_role(session: WriteSession, viewer: Viewer, user_id: int, role: Role) -> Membership:
    """Give a member another role. Raises `Conflict` for the last owner."""
    viewer.require(Scope.ADMIN)
    _may_give(viewer, role)
    membership = await _member(session, viewer, user_id)
    if role is not Role.OWNER:
        await _keep_an_owner(session, membership)
    if role is not membership.role:
        membership.role = role
        session.raise_event(CredentialRevoked(team_id=viewer.team_id, user_id=user_id))
    return membership


async def remove_member(session: WriteSession, viewer: Viewer, user_id: int) -> int:
    """Take a member out of the team; everybody may leave. Their keys stop working.

    Raises `Conflict` for the last owner.
    """
    if user_id != viewer.user_id:
        viewer.require(Scope.ADMIN)
    membership = await _member(session, viewer, user_id)
    await _keep_an_owner(session, membership)
    await session.execute(delete(Membership).where(Membership.id == membership.id))
    session.raise_event(TeamMemberRemoved(team_id=viewer.team_id, user_id=user_id))
    session.raise_event(CredentialRevoked(team_id=viewer.team_id, user_id=user_id))
    return user_id


async def revoke_invitation(
    session: WriteSession, viewer: Viewer, invitation_id: int
) -> Invitation:
    """The link of an invitation stops working. Revoking twice changes nothing."""
    viewer.require(Scope.ADMIN)
    found: Invitation | None = await session.scalar(
        select(Invitation).where(Invitation.id == invitation_id)
    )
    if found is None:
        raise NotFound("There is no such invitation.", field="id")
    if found.accepted_at is not None:
        raise Conflict("The invitation was accepted.", field="id")
    if found.revoked_at is None:
        found.revoked_at = datetime.now(UTC)
    return found


def _may_give(viewer: Viewer, role: Role) -> None:
    if role is Role.OWNER and viewer.role is not Role.OWNER:
        raise Forbidden("Only an owner can make somebody an owner.")


async def _membership(session: WriteSession, team_id: int, user_id: int) -> Membership | None:
    found: Membership | None = await session.scalar(
        select(Membership).where(Membership.team_id == team_id, Membership.user_id == user_id)
    )
    return found


async def _member(session: WriteSession, viewer: Viewer, user_id: int) -> Membership:
    """A member of the viewer's team whom the viewer may change: owners are changed by owners."""
    found = await _membership(session, viewer.team_id, user_id)
    if found is None:
        raise NotFound("There is no such member.", field="user_id")
    if found.role is Role.OWNER and viewer.role is not Role.OWNER and user_id != viewer.user_id:
        raise Forbidden("Only an owner can change an owner.")
    return found


async def _keep_an_owner(session: WriteSession, membership: Membership) -> None:
    if membership.role is not Role.OWNER:
        return
    owners = await queries.lock_owners(session, membership.team_id)
    if [owner.id for owner in owners] == [membership.id]:
        raise Conflict("A team keeps at least one owner.", field="user_id")
