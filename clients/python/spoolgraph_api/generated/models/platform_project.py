from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_project_status import PlatformProjectStatus
from ..models.platform_project_visibility import PlatformProjectVisibility

if TYPE_CHECKING:
    from ..models.platform_deployments import PlatformDeployments
    from ..models.platform_project_settings import PlatformProjectSettings
    from ..models.platform_team_ref import PlatformTeamRef


T = TypeVar("T", bound="PlatformProject")


@_attrs_define
class PlatformProject:
    """Prints that belong together.

    Attributes:
        id (str):
        name (str):
        description (None | str):
        status (PlatformProjectStatus):
        visibility (PlatformProjectVisibility):
        settings (PlatformProjectSettings):
        created_at (datetime.datetime):
        updated_at (datetime.datetime):
        team (PlatformTeamRef): The team of something.
        deployments (PlatformDeployments): The deployments of a project.
    """

    id: str
    name: str
    description: str | None
    status: PlatformProjectStatus
    visibility: PlatformProjectVisibility
    settings: PlatformProjectSettings
    created_at: datetime.datetime
    updated_at: datetime.datetime
    team: PlatformTeamRef
    deployments: PlatformDeployments
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        description: str | None
        description = self.description

        status = self.status.value

        visibility = self.visibility.value

        settings = self.settings.to_dict()

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        team = self.team.to_dict()

        deployments = self.deployments.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "description": description,
                "status": status,
                "visibility": visibility,
                "settings": settings,
                "created_at": created_at,
                "updated_at": updated_at,
                "team": team,
                "deployments": deployments,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_deployments import PlatformDeployments
        from ..models.platform_project_settings import PlatformProjectSettings
        from ..models.platform_team_ref import PlatformTeamRef

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        def _parse_description(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        status = PlatformProjectStatus(d.pop("status"))

        visibility = PlatformProjectVisibility(d.pop("visibility"))

        settings = PlatformProjectSettings.from_dict(d.pop("settings"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        team = PlatformTeamRef.from_dict(d.pop("team"))

        deployments = PlatformDeployments.from_dict(d.pop("deployments"))

        platform_project = cls(
            id=id,
            name=name,
            description=description,
            status=status,
            visibility=visibility,
            settings=settings,
            created_at=created_at,
            updated_at=updated_at,
            team=team,
            deployments=deployments,
        )

        platform_project.additional_properties = d
        return platform_project

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
