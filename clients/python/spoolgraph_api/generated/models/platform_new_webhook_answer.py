from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.platform_new_webhook import PlatformNewWebhook


T = TypeVar("T", bound="PlatformNewWebhookAnswer")


@_attrs_define
class PlatformNewWebhookAnswer:
    """An endpoint that is told what happens. Its secret is never shown again.

    Attributes:
        data (PlatformNewWebhook): An endpoint that is told what happens. Its secret is never shown again.
    """

    data: PlatformNewWebhook
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_new_webhook import PlatformNewWebhook

        d = dict(src_dict)
        data = PlatformNewWebhook.from_dict(d.pop("data"))

        platform_new_webhook_answer = cls(
            data=data,
        )

        platform_new_webhook_answer.additional_properties = d
        return platform_new_webhook_answer

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
