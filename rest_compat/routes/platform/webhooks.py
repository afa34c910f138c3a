"""Webhooks with the events and payloads of the Platform dialect."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from app.webhooks.models import Dialect
from rest_compat.dialects.platform import ONE, PAGE, PLATFORM
from rest_compat.prefixed import PrefixedRef
from rest_compat.routes.platform.parameters import PAGING, path_id
from rest_compat.routes.shapes import nodes, payload
from rest_compat.routes.webhook_fields import (
    answer,
    changes,
    details,
    example,
    new_webhook,
    webhook,
)
from rest_compat.table import TEAM, Parameter, Rate, Route, Row, Source

_Route = partial(Route, dialect=PLATFORM, section="Webhooks", scope=Scope.ADMIN)
_OF = {"dialect": "PLATFORM"}
_INTO = {"input": _OF}
_INPUT_ID = path_id("Webhook", "Id of the webhook.", into="input.id")
_ANSWER = answer(Dialect.PLATFORM)

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/webhooks",
        name="platform_list_webhooks",
        summary="List webhooks, oldest first",
        rate=Rate.READ,
        parameters=PAGING,
        operation="ListWebhookPage",
        fixed=_OF,
        shape=nodes(webhook),
        envelope=PAGE,
        answer=_ANSWER,
    ),
    _Route(
        method="POST",
        path="/webhooks",
        name="platform_create_webhook",
        summary="Create a webhook",
        rate=Rate.WRITE,
        parameters=(
            *details(Dialect.PLATFORM),
            Parameter(
                "team_id",
                PrefixedRef("Team"),
                TEAM,
                Source.BODY,
                description="The team it listens to; that of the credential without it.",
            ),
        ),
        operation="CreateWebhook",
        fixed=_INTO,
        acts_in=TEAM,
        shape=new_webhook,
        envelope=ONE,
        answer=answer(Dialect.PLATFORM, secret=True),
        status=201,
        request_example={
            "url": "https://your-app.com/webhooks/deployments",
            "events": ["deployment.started", "deployment.completed", "deployment.failed"],
            "secret": "your-webhook-secret",
        },
    ),
    _Route(
        method="GET",
        path="/webhooks/{id}",
        name="platform_get_webhook",
        summary="Get a webhook",
        rate=Rate.READ,
        parameters=(path_id("Webhook", "Id of the webhook."),),
        operation="GetWebhook",
        fixed=_OF,
        shape=webhook,
        envelope=ONE,
        answer=_ANSWER,
        example={"data": example(Dialect.PLATFORM)},
    ),
    _Route(
        method="PATCH",
        path="/webhooks/{id}",
        name="platform_update_webhook",
        summary="Change a webhook; what waits for it is tried at once",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID, *changes(Dialect.PLATFORM)),
        operation="UpdateWebhook",
        fixed=_INTO,
        acts_in="input.id",
        seen_with=Scope.ADMIN,
        shape=payload("webhook", webhook),
        envelope=ONE,
        answer=_ANSWER,
        request_example={"active": True},
    ),
    _Route(
        method="DELETE",
        path="/webhooks/{id}",
        name="platform_delete_webhook",
        summary="Delete a webhook and its log",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID,),
        operation="DeleteWebhook",
        fixed=_INTO,
        acts_in="input.id",
        seen_with=Scope.ADMIN,
        shape=dict,
        status=204,
    ),
)
