from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_member_role import PlatformMemberRole
from ..models.platform_member_status import PlatformMemberStatus

T = TypeVar("T", bound="PlatformMember")


@_attrs_define
class PlatformMember:
    """A person in a team; with the status `invited` an invitation, whose id is none of a user.

    Attributes:
        id (str):
        email (str):
        name (None | str):
        role (PlatformMemberRole):
        status (PlatformMemberStatus):
        joined_at (datetime.datetime | None):
    """

    id: str
    email: str
    name: str | None
    role: PlatformMemberRole
    status: PlatformMemberStatus
    joined_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        email = self.email

        name: str | None
        name = self.name

        role = self.role.value

        status = self.status.value

        joined_at: str | None
        if isinstance(self.joined_at, datetime.datetime):
            joined_at = self.joined_at.isoformat()
        else:
            joined_at = self.joined_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "email": email,
                "name": name,
                "role": role,
                "status": status,
                "joined_at": joined_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        email = d.pop("email")

        def _parse_name(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        role = PlatformMemberRole(d.pop("role"))

        status = PlatformMemberStatus(d.pop("status"))

        def _parse_joined_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                joined_at_type_0 = datetime.datetime.fromisoformat(data)

                return joined_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        joined_at = _parse_joined_at(d.pop("joined_at"))

        platform_member = cls(
            id=id,
            email=email,
            name=name,
            role=role,
            status=status,
            joined_at=joined_at,
        )

        platform_member.additional_properties = d
        return platform_member

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
