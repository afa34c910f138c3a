"""Teams are made, and people join and leave them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import strawberry

from app.accounts import models, teams
from app.accounts.models import Role
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, WriteSession
from app.errors import NotFound
from schema.accounts.types import Team
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, missing, mutate, user_errors
from schema.fields import about
from schema.ids import global_id, integer_id
from schema.teams.types import Invitation, TeamMember

Done = TypeVar("Done")


@strawberry.input(description="The team to make.")
class CreateTeamInput:
    name: str = about("Name, 1 to 200 characters.")


@strawberry.type(description="The new team; who made it is its owner.")
class CreateTeamPayload:
    team: Team | None = about("The team.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(description="What to change.")
class UpdateTeamInput:
    id: strawberry.ID = about("Global id of the team this credential acts in.")
    name: str = about("Name, 1 to 200 characters.")


@strawberry.type(description="The changed team.")
class UpdateTeamPayload:
    team: Team | None = about("The team as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="Who shall be in the team.")
class AddTeamMemberInput:
    team_id: strawberry.ID = about("Global id of the team this credential acts in.")
    email: str = about("E-mail. Somebody without an account is sent an invitation.")
    role: Role = about("What they may do.", default=Role.OPERATOR)


@strawberry.type(description="The new member, or the invitation that was sent.")
class AddTeamMemberPayload:
    member: TeamMember | None = about("The member, when there is an account.", default=None)
    invitation: Invitation | None = about("The invitation, when there is none.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The role to give.")
class UpdateTeamMemberInput:
    team_id: strawberry.ID = about("Global id of the team this credential acts in.")
    user_id: strawberry.ID = about("Global id of the person.")
    role: Role = about("What they may do from now on.")


@strawberry.type(description="The changed member.")
class UpdateTeamMemberPayload:
    member: TeamMember | None = about("The member as they are now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="Who shall leave.")
class RemoveTeamMemberInput:
    team_id: strawberry.ID = about("Global id of the team this credential acts in.")
    user_id: strawberry.ID = about("Global id of the person.")


@strawberry.type(description="Who left. Their keys of the team stopped working.")
class RemoveTeamMemberPayload:
    removed_user_id: strawberry.ID | None = about("Global id of the person.", default=None)
    user_errors: list[UserError] = about("Why nobody left.", default_factory=list)


@strawberry.input(description="The invitation to take back.")
class RevokeInvitationInput:
    id: strawberry.ID = about("Global id of the invitation.")


@strawberry.type(description="The invitation that was taken back.")
class RevokeInvitationPayload:
    invitation: Invitation | None = about("The invitation.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The invitation to accept.")
class AcceptInvitationInput:
    token: str = about("What stands behind `token=` in the link.")


@strawberry.type(description="The team that was joined.")
class AcceptInvitationPayload:
    team: Team | None = about("The team.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


def _is_own(info: Info, team: strawberry.ID) -> bool:
    return integer_id(team, "Team") == info.context.viewer.team_id


def _in_own(
    team: strawberry.ID, work: Callable[[WriteSession, Viewer], Awaitable[Done]]
) -> Callable[[WriteSession, Viewer], Awaitable[Done]]:
    """The work, refused for any team but the one that the credential acts in."""

    async def guarded(session: WriteSession, viewer: Viewer) -> Done:
        if integer_id(team, "Team") != viewer.team_id:
            raise NotFound("There is no such team.", field="team_id")
        return await work(session, viewer)

    return guarded


def _user(gid: strawberry.ID) -> int:
    """The number of a user; one that nobody has for anything else."""
    return integer_id(gid, "User") or 0


@strawberry.type
class TeamMutations:
    @strawberry.mutation(description="Make a team and own it. Needs the scope ADMIN.")
    async def create_team(self, info: Info, input: CreateTeamInput) -> CreateTeamPayload:
        context = info.context
        try:
            async with context.runtime.database.transaction(EVERY_TEAM) as session:
                row = await teams.create_team(session, context.viewer, input.name)
        except USER_ERRORS as error:
            return CreateTeamPayload(user_errors=user_errors(error))
        return CreateTeamPayload(team=Team.of(row))

    @strawberry.mutation(description="Give a team another name. Needs the scope ADMIN.")
    async def update_team(self, info: Info, input: UpdateTeamInput) -> UpdateTeamPayload:
        if not _is_own(info, input.id):
            return UpdateTeamPayload(user_errors=missing("team"))
        return await mutate(
            info,
            UpdateTeamPayload,
            lambda session, viewer: teams.rename_team(session, viewer, input.name),
            lambda row: {"team": Team.of(row)},
        )

    @strawberry.mutation(
        description="Add a person to a team, or invite them when they have no account. Needs "
        "the scope ADMIN; only an owner makes owners."
    )
    async def add_team_member(self, info: Info, input: AddTeamMemberInput) -> AddTeamMemberPayload:
        def present(added: teams.Added) -> dict[str, TeamMember | Invitation | None]:
            info.context.runtime.invitations.send(added)
            return {
                "member": None if added.membership is None else TeamMember.of(added.membership),
                "invitation": None if added.invitation is None else Invitation.of(added.invitation),
            }

        return await mutate(
            info,
            AddTeamMemberPayload,
            _in_own(
                input.team_id,
                lambda session, viewer: teams.add_member(session, viewer, input.email, input.role),
            ),
            present,
        )

    @strawberry.mutation(
        description="Give a member another role. Needs the scope ADMIN; owners are changed by "
        "owners, and a team keeps at least one."
    )
    async def update_team_member(
        self, info: Info, input: UpdateTeamMemberInput
    ) -> UpdateTeamMemberPayload:
        def work(session: WriteSession, viewer: Viewer) -> Awaitable[models.Membership]:
            return teams.set_role(session, viewer, _user(input.user_id), input.role)

        return await mutate(
            info,
            UpdateTeamMemberPayload,
            _in_own(input.team_id, work),
            lambda row: {"member": TeamMember.of(row)},
        )

    @strawberry.mutation(
        description="Take a member out of a team; everybody may leave. Needs the scope ADMIN for "
        "anybody else."
    )
    async def remove_team_member(
        self, info: Info, input: RemoveTeamMemberInput
    ) -> RemoveTeamMemberPayload:
        return await mutate(
            info,
            RemoveTeamMemberPayload,
            _in_own(
                input.team_id,
                lambda session, viewer: teams.remove_member(session, viewer, _user(input.user_id)),
            ),
            lambda removed: {"removed_user_id": global_id("User", removed)},
        )

    @strawberry.mutation(description="Take an invitation back. Needs the scope ADMIN.")
    async def revoke_invitation(
        self, info: Info, input: RevokeInvitationInput
    ) -> RevokeInvitationPayload:
        invitation_id = integer_id(input.id, "Invitation")
        if invitation_id is None:
            return RevokeInvitationPayload(user_errors=missing("invitation"))
        return await mutate(
            info,
            RevokeInvitationPayload,
            lambda session, viewer: teams.revoke_invitation(session, viewer, invitation_id),
            lambda row: {"invitation": Invitation.of(row)},
        )

    @strawberry.mutation(description="Join the team that asked for the e-mail of who is signed in.")
    async def accept_invitation(
        self, info: Info, input: AcceptInvitationInput
    ) -> AcceptInvitationPayload:
        context = info.context
        try:
            row = await context.runtime.invitations.accept_as(context.viewer, input.token)
        except USER_ERRORS as error:
            return AcceptInvitationPayload(user_errors=user_errors(error))
        return AcceptInvitationPayload(team=Team.of(row))
