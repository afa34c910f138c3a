"""The generated functions, grouped by what they are about, with refusals as exceptions."""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from spoolgraph_api.generated.api.platform_deployments import (
    platform_cancel_deployment,
    platform_create_deployment,
    platform_get_deployment,
    platform_list_deployments,
)
from spoolgraph_api.generated.api.platform_projects import (
    platform_create_project,
    platform_delete_project,
    platform_get_project,
    platform_list_projects,
    platform_update_project,
)
from spoolgraph_api.generated.api.platform_teams import (
    platform_add_team_member,
    platform_create_team,
    platform_list_team_members,
    platform_list_teams,
    platform_remove_team_member,
)
from spoolgraph_api.generated.api.platform_webhooks import platform_create_webhook
from spoolgraph_api.generated.client import AuthenticatedClient
from spoolgraph_api.generated.models import (
    PlatformAddTeamMemberBody,
    PlatformCreateDeploymentBody,
    PlatformCreateProjectBody,
    PlatformCreateTeamBody,
    PlatformCreateWebhookBody,
    PlatformDeployment,
    PlatformError,
    PlatformListProjectsStatus,
    PlatformMember,
    PlatformPagination,
    PlatformProject,
    PlatformTeam,
    PlatformUpdateProjectBody,
    PlatformWebhook,
)
from spoolgraph_api.generated.types import UNSET, Response

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8000"


class ApiError(Exception):
    """A refusal: the HTTP status, the API's code and message, and the refused fields."""

    def __init__(self, status: int, code: str, message: str, details: list[Any]) -> None:
        super().__init__(f"{message} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class Page(list[T]):
    """A page of a list, and which one of how many it is."""

    def __init__(self, nodes: list[T], pagination: PlatformPagination) -> None:
        super().__init__(nodes)
        self.pagination = pagination


class SpoolgraphClient:
    """One connection pool to one server. `timeout` is in seconds."""

    def __init__(self, api_key: str, base_url: str | None = None, timeout: float = 30.0) -> None:
        import httpx

        url = base_url or os.environ.get("SPOOLGRAPH_URL") or DEFAULT_URL
        self._client = AuthenticatedClient(
            base_url=url.rstrip("/"), token=api_key, timeout=httpx.Timeout(timeout)
        )
        self.projects = Projects(self._client)
        self.deployments = Deployments(self._client)
        self.teams = Teams(self._client)
        self.webhooks = Webhooks(self._client)

    def close(self) -> None:
        """Give the connections back."""
        self._client.get_httpx_client().close()

    def __enter__(self) -> SpoolgraphClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Group:
    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def _ask(self, function: Callable[..., Response[Any]], *path: str, **given: Any) -> Any:
        """The body of an answer; raises `ApiError` for a refusal."""
        response = function(*path, client=self._client, **given)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            return response.parsed
        if isinstance(response.parsed, PlatformError):
            error = response.parsed.error
            raise ApiError(response.status_code, error.code, error.message, error.details)
        raise ApiError(response.status_code, "unexpected", "The server failed to answer.", [])

    def _page(self, function: Callable[..., Response[Any]], *path: str, **given: Any) -> Page[Any]:
        answer = self._ask(function, *path, **given)
        return Page(answer.data, answer.pagination)


def _given(value: Any) -> Any:
    return UNSET if value is None else value


class Projects(_Group):
    """Projects of the team, or of every team of who signed in."""

    def list(
        self, page: int = 1, limit: int = 20, status: str | None = None, team: str | None = None
    ) -> Page[PlatformProject]:
        wanted = UNSET if status is None else PlatformListProjectsStatus(status)
        return self._page(
            platform_list_projects.sync_detailed,
            page=page,
            limit=limit,
            status=wanted,
            team=_given(team),
        )

    def get(self, project_id: str) -> PlatformProject:
        return self._ask(platform_get_project.sync_detailed, project_id).data

    def create(self, name: str, **fields: Any) -> PlatformProject:
        """`fields`: description, template, visibility, settings, team_id."""
        body = PlatformCreateProjectBody.from_dict({"name": name, **fields})
        return self._ask(platform_create_project.sync_detailed, body=body).data

    def update(self, project_id: str, **fields: Any) -> PlatformProject:
        """`fields`: name, description, status, visibility, settings."""
        body = PlatformUpdateProjectBody.from_dict(fields)
        return self._ask(platform_update_project.sync_detailed, project_id, body=body).data

    def delete(self, project_id: str) -> None:
        self._ask(platform_delete_project.sync_detailed, project_id)


class Deployments(_Group):
    """Runs that print a project."""

    def create(self, project_id: str, **fields: Any) -> PlatformDeployment:
        """`fields`: notes."""
        body = PlatformCreateDeploymentBody.from_dict(fields)
        return self._ask(platform_create_deployment.sync_detailed, project_id, body=body).data

    def list(self, project_id: str, page: int = 1, limit: int = 20) -> Page[PlatformDeployment]:
        return self._page(
            platform_list_deployments.sync_detailed, project_id, page=page, limit=limit
        )

    def get(self, deployment_id: str) -> PlatformDeployment:
        return self._ask(platform_get_deployment.sync_detailed, deployment_id).data

    def cancel(self, deployment_id: str) -> PlatformDeployment:
        return self._ask(platform_cancel_deployment.sync_detailed, deployment_id).data


class Teams(_Group):
    """Teams and who is in them."""

    def list(self, page: int = 1, limit: int = 20) -> Page[PlatformTeam]:
        return self._page(platform_list_teams.sync_detailed, page=page, limit=limit)

    def create(self, name: str) -> PlatformTeam:
        body = PlatformCreateTeamBody.from_dict({"name": name})
        return self._ask(platform_create_team.sync_detailed, body=body).data

    def members(self, team_id: str, page: int = 1, limit: int = 20) -> Page[PlatformMember]:
        return self._page(platform_list_team_members.sync_detailed, team_id, page=page, limit=limit)

    def add_member(self, team_id: str, email: str, **fields: Any) -> PlatformMember:
        """`fields`: role."""
        body = PlatformAddTeamMemberBody.from_dict({"email": email, **fields})
        return self._ask(platform_add_team_member.sync_detailed, team_id, body=body).data

    def remove_member(self, team_id: str, user_id: str) -> None:
        self._ask(platform_remove_team_member.sync_detailed, team_id, user_id)


class Webhooks(_Group):
    """Endpoints that are told what happens."""

    def create(self, url: str, **fields: Any) -> PlatformWebhook:
        """`fields`: events, secret."""
        body = PlatformCreateWebhookBody.from_dict({"url": url, **fields})
        return self._ask(platform_create_webhook.sync_detailed, body=body).data
