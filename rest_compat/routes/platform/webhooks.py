"""Webhooks with the events and payloads of the Platform dialect."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.webhooks.catalogue import events_of
from app.webhooks.models import Dialect
from rest_compat.bodies import STRING, TIME, many, record, words
from rest_compat.dialects.platform import ONE, PLATFORM
from rest_compat.prefixed import PrefixedRef, prefixed
from rest_compat.routes.shapes import moment
from rest_compat.table import TEAM, Parameter, Rate, Route, Row, Source, body
from rest_compat.values import Choice, Many, Secret, Text

_Route = partial(Route, dialect=PLATFORM, section="Webhooks", scope=Scope.ADMIN)
_NAMES = events_of(Dialect.PLATFORM)
_EVENTS = Many(Choice({name: name for name in _NAMES}), 32)

WEBHOOK = record(
    "PlatformWebhook",
    "An endpoint that is told what happens. Its secret is never shown again.",
    {
        "id": STRING,
        "url": STRING,
        "events": many(words(*_NAMES)),
        "active": {"type": "boolean"},
        "secret": STRING,
        "created_at": TIME,
        "updated_at": TIME,
    },
)


def _webhook(data: Mapping[str, Any]) -> dict[str, Any]:
    made = data["webhook"]
    return {
        "id": prefixed(made["id"]),
        "url": made["url"],
        "events": made["events"],
        "active": made["active"],
        "secret": data["secret"],
        "created_at": moment(made["createdAt"]),
        "updated_at": moment(made["updatedAt"]),
    }


ROWS: tuple[Row, ...] = (
    _Route(
        method="POST",
        path="/webhooks",
        name="platform_create_webhook",
        summary="Create a webhook",
        rate=Rate.WRITE,
        parameters=(
            body("url", Text(2048, form="uri"), "url", "Where to post to.", required=True),
            body("events", _EVENTS, "events", "What it is told; all without it.", nullable=True),
            body("secret", Secret(256), "secret", "What signs; made up without it.", nullable=True),
            Parameter(
                "team_id",
                PrefixedRef("Team"),
                TEAM,
                Source.BODY,
                description="The team it listens to; that of the credential without it.",
            ),
        ),
        operation="PlatformCreateWebhook",
        fixed={"input": {"dialect": "PLATFORM"}},
        acts_in=TEAM,
        shape=_webhook,
        envelope=ONE,
        answer=WEBHOOK,
        status=201,
        request_example={
            "url": "https://your-app.com/webhooks/deployments",
            "events": ["deployment.started", "deployment.completed", "deployment.failed"],
            "secret": "your-webhook-secret",
        },
    ),
)
