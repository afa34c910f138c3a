"""Webhooks with the events and payloads of the Reference dialect."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from app.webhooks.models import Dialect
from rest_compat.dialects.reference import PAGE, REFERENCE
from rest_compat.routes.platform.parameters import path_id
from rest_compat.routes.reference import answers
from rest_compat.routes.reference.parameters import PAGING
from rest_compat.routes.shapes import constant, nodes, payload
from rest_compat.routes.webhook_fields import (
    answer,
    changes,
    details,
    example,
    new_webhook,
    webhook,
)
from rest_compat.table import Rate, Route, Row

_DELETED = {"success": True, "message": "Webhook deleted successfully"}

_Route = partial(Route, dialect=REFERENCE, section="Webhooks", scope=Scope.ADMIN)
_OF = {"dialect": "REFERENCE"}
_INTO = {"input": _OF}
_INPUT_ID = path_id("Webhook", "Id of the webhook.", into="input.id")
_ANSWER = answer(Dialect.REFERENCE)

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/webhooks",
        name="reference_list_webhooks",
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
        name="reference_create_webhook",
        summary="Create a webhook",
        rate=Rate.WRITE,
        parameters=details(Dialect.REFERENCE),
        operation="CreateWebhook",
        fixed=_INTO,
        shape=new_webhook,
        answer=answer(Dialect.REFERENCE, secret=True),
        status=201,
        request_example={
            "url": "https://hooks.example.com/projects",
            "events": ["project.created", "data.processed"],
            "secret": "your-webhook-secret",
        },
    ),
    _Route(
        method="GET",
        path="/webhooks/{id}",
        name="reference_get_webhook",
        summary="Get a webhook",
        rate=Rate.READ,
        parameters=(path_id("Webhook", "Id of the webhook."),),
        operation="GetWebhook",
        fixed=_OF,
        shape=webhook,
        answer=_ANSWER,
        example=example(Dialect.REFERENCE),
    ),
    _Route(
        method="PATCH",
        path="/webhooks/{id}",
        name="reference_update_webhook",
        summary="Change a webhook; what waits for it is tried at once",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID, *changes(Dialect.REFERENCE)),
        operation="UpdateWebhook",
        fixed=_INTO,
        shape=payload("webhook", webhook),
        answer=_ANSWER,
        request_example={"active": True},
    ),
    _Route(
        method="DELETE",
        path="/webhooks/{id}",
        name="reference_delete_webhook",
        summary="Delete a webhook and its log",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID,),
        operation="DeleteWebhook",
        fixed=_INTO,
        shape=constant(_DELETED),
        answer=answers.DELETED,
        example=_DELETED,
    ),
)
