"""What webhooks look like in the dialects with prefixed ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.webhooks.catalogue import events_of
from app.webhooks.models import Dialect
from rest_compat.bodies import STRING, TIME, many, maybe, record, words
from rest_compat.prefixed import prefixed
from rest_compat.routes.shapes import moment
from rest_compat.scalars import Flag
from rest_compat.table import JsonSchema, Parameter, body
from rest_compat.values import Choice, Many, Secret, Text

_URL = Text(2048, form="uri")
_EXAMPLE = {
    "id": "hook_123",
    "url": "https://your-app.com/webhooks",
    "active": True,
    "created_at": "2024-01-15T10:30:00Z",
    "updated_at": "2024-01-15T10:30:00Z",
    "failing_since": None,
    "notice": None,
}


def details(dialect: Dialect) -> tuple[Parameter, ...]:
    """What a new webhook is made of."""
    return (
        body("url", _URL, "url", "Where to post to.", required=True),
        body(
            "events", _events(dialect), "events", "What it is told; all without it.", nullable=True
        ),
        body("secret", Secret(256), "secret", "What signs; made up without it.", nullable=True),
        body("active", Flag(), "active", "Whether it is told anything."),
    )


def changes(dialect: Dialect) -> tuple[Parameter, ...]:
    """What of a webhook can change."""
    return (
        body("url", _URL, "url", "Where to post to."),
        body("events", _events(dialect), "events", "What it is told."),
        body("secret", Secret(256), "secret", "What signs its messages from now on."),
        body("active", Flag(), "active", "Whether it is told anything; true ends a notice."),
    )


def answer(dialect: Dialect, *, secret: bool = False) -> JsonSchema:
    """The body of a webhook; a new one is shown with its secret."""
    title = f"{dialect.value.title()}{'NewWebhook' if secret else 'Webhook'}"
    about = "An endpoint that is told what happens."
    fields = {
        "id": STRING,
        "url": STRING,
        "events": many(words(*events_of(dialect))),
        "active": {"type": "boolean"},
        "created_at": TIME,
        "updated_at": TIME,
        "failing_since": maybe(TIME),
        "notice": maybe(STRING),
    }
    if not secret:
        return record(title, about, fields)
    return record(title, f"{about} Its secret is never shown again.", {**fields, "secret": STRING})


def example(dialect: Dialect) -> dict[str, Any]:
    """A webhook that is told everything."""
    return {**_EXAMPLE, "events": list(events_of(dialect))}


def webhook(data: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint."""
    return {
        "id": prefixed(data["id"]),
        "url": data["url"],
        "events": data["events"],
        "active": data["active"],
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
        "failing_since": moment(data["failingSince"]),
        "notice": data["notice"],
    }


def new_webhook(data: Mapping[str, Any]) -> dict[str, Any]:
    """A new endpoint, with its secret for this once."""
    return {**webhook(data["webhook"]), "secret": data["secret"]}


def _events(dialect: Dialect) -> Many:
    return Many(Choice({name: name for name in events_of(dialect)}), 32)
