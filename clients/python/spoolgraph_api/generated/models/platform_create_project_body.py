from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_create_project_body_visibility import PlatformCreateProjectBodyVisibility
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.platform_create_project_body_settings import PlatformCreateProjectBodySettings


T = TypeVar("T", bound="PlatformCreateProjectBody")


@_attrs_define
class PlatformCreateProjectBody:
    """
    Attributes:
        name (str): Name.
        description (None | str | Unset): What it is.
        template (str | Unset): `blank`, or a project whose files, settings and visibility it begins with.
        visibility (PlatformCreateProjectBodyVisibility | Unset): Whom it is meant for.
        settings (PlatformCreateProjectBodySettings | Unset): A JSON object of at most 16 KiB.
        team_id (str | Unset): The team it belongs to; that of the credential without it.
    """

    name: str
    description: str | Unset | None = UNSET
    template: str | Unset = UNSET
    visibility: PlatformCreateProjectBodyVisibility | Unset = UNSET
    settings: PlatformCreateProjectBodySettings | Unset = UNSET
    team_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description: str | Unset | None
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        template = self.template

        visibility: str | Unset = UNSET
        if not isinstance(self.visibility, Unset):
            visibility = self.visibility.value

        settings: dict[str, Any] | Unset = UNSET
        if not isinstance(self.settings, Unset):
            settings = self.settings.to_dict()

        team_id = self.team_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if template is not UNSET:
            field_dict["template"] = template
        if visibility is not UNSET:
            field_dict["visibility"] = visibility
        if settings is not UNSET:
            field_dict["settings"] = settings
        if team_id is not UNSET:
            field_dict["team_id"] = team_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_create_project_body_settings import PlatformCreateProjectBodySettings

        d = dict(src_dict)
        name = d.pop("name")

        def _parse_description(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        template = d.pop("template", UNSET)

        _visibility = d.pop("visibility", UNSET)
        visibility: PlatformCreateProjectBodyVisibility | Unset
        if isinstance(_visibility, Unset):
            visibility = UNSET
        else:
            visibility = PlatformCreateProjectBodyVisibility(_visibility)

        _settings = d.pop("settings", UNSET)
        settings: PlatformCreateProjectBodySettings | Unset
        if isinstance(_settings, Unset):
            settings = UNSET
        else:
            settings = PlatformCreateProjectBodySettings.from_dict(_settings)

        team_id = d.pop("team_id", UNSET)

        platform_create_project_body = cls(
            name=name,
            description=description,
            template=template,
            visibility=visibility,
            settings=settings,
            team_id=team_id,
        )

        platform_create_project_body.additional_properties = d
        return platform_create_project_body

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
