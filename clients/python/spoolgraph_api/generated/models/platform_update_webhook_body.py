from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_update_webhook_body_events_item import PlatformUpdateWebhookBodyEventsItem
from ..types import UNSET, Unset

T = TypeVar("T", bound="PlatformUpdateWebhookBody")


@_attrs_define
class PlatformUpdateWebhookBody:
    """
    Attributes:
        url (str | Unset): Where to post to.
        events (list[PlatformUpdateWebhookBodyEventsItem] | Unset): What it is told.
        secret (str | Unset): What signs its messages from now on.
        active (bool | Unset): Whether it is told anything; true ends a notice.
    """

    url: str | Unset = UNSET
    events: list[PlatformUpdateWebhookBodyEventsItem] | Unset = UNSET
    secret: str | Unset = UNSET
    active: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        events: list[str] | Unset = UNSET
        if not isinstance(self.events, Unset):
            events = []
            for events_item_data in self.events:
                events_item = events_item_data.value
                events.append(events_item)

        secret = self.secret

        active = self.active

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if url is not UNSET:
            field_dict["url"] = url
        if events is not UNSET:
            field_dict["events"] = events
        if secret is not UNSET:
            field_dict["secret"] = secret
        if active is not UNSET:
            field_dict["active"] = active

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url", UNSET)

        _events = d.pop("events", UNSET)
        events: list[PlatformUpdateWebhookBodyEventsItem] | Unset = UNSET
        if _events is not UNSET:
            events = []
            for events_item_data in _events:
                events_item = PlatformUpdateWebhookBodyEventsItem(events_item_data)

                events.append(events_item)

        secret = d.pop("secret", UNSET)

        active = d.pop("active", UNSET)

        platform_update_webhook_body = cls(
            url=url,
            events=events,
            secret=secret,
            active=active,
        )

        platform_update_webhook_body.additional_properties = d
        return platform_update_webhook_body

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
