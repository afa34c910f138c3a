from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PlatformHealth")


@_attrs_define
class PlatformHealth:
    """The truth about the parts a server depends on.

    Attributes:
        status (str):
        database (str):
        mqtt (str):
        hub (str):
    """

    status: str
    database: str
    mqtt: str
    hub: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status

        database = self.database

        mqtt = self.mqtt

        hub = self.hub

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "database": database,
                "mqtt": mqtt,
                "hub": hub,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        status = d.pop("status")

        database = d.pop("database")

        mqtt = d.pop("mqtt")

        hub = d.pop("hub")

        platform_health = cls(
            status=status,
            database=database,
            mqtt=mqtt,
            hub=hub,
        )

        platform_health.additional_properties = d
        return platform_health

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
