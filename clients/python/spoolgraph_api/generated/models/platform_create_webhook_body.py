from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform_create_webhook_body_events_type_0_item import (
    PlatformCreateWebhookBodyEventsType0Item,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="PlatformCreateWebhookBody")


@_attrs_define
class PlatformCreateWebhookBody:
    """
    Attributes:
        url (str): Where to post to.
        events (list[PlatformCreateWebhookBodyEventsType0Item] | None | Unset): What it is told; all without it.
        secret (None | str | Unset): What signs; made up without it.
        active (bool | Unset): Whether it is told anything.
        team_id (str | Unset): The team it listens to; that of the credential without it.
    """

    url: str
    events: list[PlatformCreateWebhookBodyEventsType0Item] | Unset | None = UNSET
    secret: str | Unset | None = UNSET
    active: bool | Unset = UNSET
    team_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        events: list[str] | Unset | None
        if isinstance(self.events, Unset):
            events = UNSET
        elif isinstance(self.events, list):
            events = []
            for events_type_0_item_data in self.events:
                events_type_0_item = events_type_0_item_data.value
                events.append(events_type_0_item)

        else:
            events = self.events

        secret: str | Unset | None
        if isinstance(self.secret, Unset):
            secret = UNSET
        else:
            secret = self.secret

        active = self.active

        team_id = self.team_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "url": url,
            }
        )
        if events is not UNSET:
            field_dict["events"] = events
        if secret is not UNSET:
            field_dict["secret"] = secret
        if active is not UNSET:
            field_dict["active"] = active
        if team_id is not UNSET:
            field_dict["team_id"] = team_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        def _parse_events(
            data: object,
        ) -> list[PlatformCreateWebhookBodyEventsType0Item] | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                events_type_0 = []
                _events_type_0 = data
                for events_type_0_item_data in _events_type_0:
                    events_type_0_item = PlatformCreateWebhookBodyEventsType0Item(
                        events_type_0_item_data
                    )

                    events_type_0.append(events_type_0_item)

                return events_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[PlatformCreateWebhookBodyEventsType0Item] | None | Unset, data)

        events = _parse_events(d.pop("events", UNSET))

        def _parse_secret(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        secret = _parse_secret(d.pop("secret", UNSET))

        active = d.pop("active", UNSET)

        team_id = d.pop("team_id", UNSET)

        platform_create_webhook_body = cls(
            url=url,
            events=events,
            secret=secret,
            active=active,
            team_id=team_id,
        )

        platform_create_webhook_body.additional_properties = d
        return platform_create_webhook_body

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
