from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.platform_pagination import PlatformPagination
    from ..models.platform_webhook import PlatformWebhook


T = TypeVar("T", bound="PlatformWebhookPage")


@_attrs_define
class PlatformWebhookPage:
    """A page of a list.

    Attributes:
        data (list[PlatformWebhook]):
        pagination (PlatformPagination): Which page of how many.
    """

    data: list[PlatformWebhook]
    pagination: PlatformPagination
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = []
        for data_item_data in self.data:
            data_item = data_item_data.to_dict()
            data.append(data_item)

        pagination = self.pagination.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "pagination": pagination,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_pagination import PlatformPagination
        from ..models.platform_webhook import PlatformWebhook

        d = dict(src_dict)
        data = []
        _data = d.pop("data")
        for data_item_data in _data:
            data_item = PlatformWebhook.from_dict(data_item_data)

            data.append(data_item)

        pagination = PlatformPagination.from_dict(d.pop("pagination"))

        platform_webhook_page = cls(
            data=data,
            pagination=pagination,
        )

        platform_webhook_page.additional_properties = d
        return platform_webhook_page

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
