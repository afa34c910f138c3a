from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_update_project_body_status import PlatformUpdateProjectBodyStatus
from ..models.platform_update_project_body_visibility import PlatformUpdateProjectBodyVisibility
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.platform_update_project_body_settings import PlatformUpdateProjectBodySettings


T = TypeVar("T", bound="PlatformUpdateProjectBody")


@_attrs_define
class PlatformUpdateProjectBody:
    """
    Attributes:
        name (str | Unset): Name.
        description (None | str | Unset): What it is.
        status (PlatformUpdateProjectBodyStatus | Unset): How it stands.
        visibility (PlatformUpdateProjectBodyVisibility | Unset): Whom it is meant for.
        settings (PlatformUpdateProjectBodySettings | Unset): A JSON object of at most 16 KiB.
    """

    name: str | Unset = UNSET
    description: str | Unset | None = UNSET
    status: PlatformUpdateProjectBodyStatus | Unset = UNSET
    visibility: PlatformUpdateProjectBodyVisibility | Unset = UNSET
    settings: PlatformUpdateProjectBodySettings | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description: str | Unset | None
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value

        visibility: str | Unset = UNSET
        if not isinstance(self.visibility, Unset):
            visibility = self.visibility.value

        settings: dict[str, Any] | Unset = UNSET
        if not isinstance(self.settings, Unset):
            settings = self.settings.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if description is not UNSET:
            field_dict["description"] = description
        if status is not UNSET:
            field_dict["status"] = status
        if visibility is not UNSET:
            field_dict["visibility"] = visibility
        if settings is not UNSET:
            field_dict["settings"] = settings

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_update_project_body_settings import PlatformUpdateProjectBodySettings

        d = dict(src_dict)
        name = d.pop("name", UNSET)

        def _parse_description(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        _status = d.pop("status", UNSET)
        status: PlatformUpdateProjectBodyStatus | Unset
        if isinstance(_status, Unset):
            status = UNSET
        else:
            status = PlatformUpdateProjectBodyStatus(_status)

        _visibility = d.pop("visibility", UNSET)
        visibility: PlatformUpdateProjectBodyVisibility | Unset
        if isinstance(_visibility, Unset):
            visibility = UNSET
        else:
            visibility = PlatformUpdateProjectBodyVisibility(_visibility)

        _settings = d.pop("settings", UNSET)
        settings: PlatformUpdateProjectBodySettings | Unset
        if isinstance(_settings, Unset):
            settings = UNSET
        else:
            settings = PlatformUpdateProjectBodySettings.from_dict(_settings)

        platform_update_project_body = cls(
            name=name,
            description=description,
            status=status,
            visibility=visibility,
            settings=settings,
        )

        platform_update_project_body.additional_properties = d
        return platform_update_project_body

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
