from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.platform_latest_deployment import PlatformLatestDeployment


T = TypeVar("T", bound="PlatformDeployments")


@_attrs_define
class PlatformDeployments:
    """The deployments of a project.

    Attributes:
        total (int):
        latest (None | PlatformLatestDeployment):
    """

    total: int
    latest: PlatformLatestDeployment | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.platform_latest_deployment import PlatformLatestDeployment

        total = self.total

        latest: dict[str, Any] | None
        if isinstance(self.latest, PlatformLatestDeployment):
            latest = self.latest.to_dict()
        else:
            latest = self.latest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total": total,
                "latest": latest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_latest_deployment import PlatformLatestDeployment

        d = dict(src_dict)
        total = d.pop("total")

        def _parse_latest(data: object) -> PlatformLatestDeployment | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                latest_type_0 = PlatformLatestDeployment.from_dict(data)

                return latest_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PlatformLatestDeployment, data)

        latest = _parse_latest(d.pop("latest"))

        platform_deployments = cls(
            total=total,
            latest=latest,
        )

        platform_deployments.additional_properties = d
        return platform_deployments

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
