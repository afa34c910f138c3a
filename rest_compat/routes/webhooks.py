"""Webhooks with the events and payloads of the Bambuddy API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.webhooks.catalogue import events_of
from app.webhooks.models import Dialect
from app.webhooks.service import MAX_WEBHOOKS
from rest_compat.bodies import INTEGER, STRING, TIME, many, maybe, record, words
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.scalars import Flag
from rest_compat.table import Parameter, Rate, Route, Row, Source, body, path_id, query
from rest_compat.values import Choice, Many, PathId, Secret, Text, Whole

_Route = partial(Route, dialect=BAMBUDDY, section="Webhooks", scope=Scope.ADMIN)
_EVENTS = Choice({name: name for name in events_of(Dialect.BAMBUDDY)})
_ACTIVE = Flag()
_STATUSES = Choice({word: word.upper() for word in ("pending", "delivered", "failed")})
_INPUT_ID = path_id("Webhook", into="input.id", what="Number of the webhook.")
_CHANGES = (
    body("events", Many(_EVENTS, 32), "events", "What it is told."),
    body("secret", Secret(256), "secret", "What signs its messages from now on."),
    body("active", _ACTIVE, "active", "Whether it is told anything; true ends a notice."),
)
_DETAILS = (
    body("events", Many(_EVENTS, 32), "events", "What it is told; all without it.", nullable=True),
    body("secret", Secret(256), "secret", "What signs; made up without it.", nullable=True),
    body("active", _ACTIVE, "active", "Whether it is told anything."),
)
_OF = {"dialect": "BAMBUDDY"}
_INTO = {"input": _OF}
_URL = Text(2048, form="uri")

_WEBHOOK = {
    "id": INTEGER,
    "url": STRING,
    "events": many(words(*events_of(Dialect.BAMBUDDY))),
    "active": {"type": "boolean"},
    "created_at": TIME,
    "updated_at": TIME,
    "failing_since": maybe(TIME),
    "next_attempt_at": maybe(TIME),
    "disabled_at": maybe(TIME),
    "notice": maybe(STRING),
}
WEBHOOK = record("Webhook", "An endpoint that is told what happens.", _WEBHOOK)
NEW_WEBHOOK = record(
    "NewWebhook",
    "An endpoint with its secret, which is never shown again.",
    {**_WEBHOOK, "secret": STRING},
)
DELIVERY = record(
    "WebhookDelivery",
    "A message, with what is known of the latest attempt; `response_time` in milliseconds.",
    {
        "id": INTEGER,
        "message_id": STRING,
        "event": STRING,
        "status": words("pending", "delivered", "failed"),
        "attempts": INTEGER,
        "payload": {"type": "object"},
        "created_at": TIME,
        "next_attempt_at": maybe(TIME),
        "last_attempt_at": maybe(TIME),
        "delivered_at": maybe(TIME),
        "response_status": maybe(INTEGER),
        "response_excerpt": maybe(STRING),
        "response_time": maybe(INTEGER),
        "error": maybe(STRING),
    },
)
DELIVERIES = record(
    "WebhookDeliveries", "A page of the log.", {"total": INTEGER, "deliveries": many(DELIVERY)}
)


def _webhook(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": data["databaseId"],
        "url": data["url"],
        "events": data["events"],
        "active": data["active"],
        "created_at": shapes.moment(data["createdAt"]),
        "updated_at": shapes.moment(data["updatedAt"]),
        "failing_since": shapes.moment(data["failingSince"]),
        "next_attempt_at": shapes.moment(data["nextAttemptAt"]),
        "disabled_at": shapes.moment(data["disabledAt"]),
        "notice": data["notice"],
    }


def _new_webhook(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**_webhook(data["webhook"]), "secret": data["secret"]}


def _delivery(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": int(data["databaseId"]),
        "message_id": data["messageId"],
        "event": data["event"],
        "status": data["status"].lower(),
        "attempts": data["attempts"],
        "payload": data["payload"],
        "created_at": shapes.moment(data["createdAt"]),
        "next_attempt_at": shapes.moment(data["nextAttemptAt"]),
        "last_attempt_at": shapes.moment(data["lastAttemptAt"]),
        "delivered_at": shapes.moment(data["deliveredAt"]),
        "response_status": data["responseStatus"],
        "response_excerpt": data["responseExcerpt"],
        "response_time": data["responseTime"],
        "error": data["error"],
    }


def _deliveries(data: Mapping[str, Any]) -> dict[str, Any]:
    page = data["deliveries"]
    nodes = [_delivery(node) for node in page["nodes"]]
    return {"total": page["totalCount"], "deliveries": nodes}


ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/webhooks",
        name="list_webhooks",
        summary="List webhooks, oldest first",
        rate=Rate.READ,
        operation="ListWebhooks",
        fixed={"first": MAX_WEBHOOKS, **_OF},
        shape=shapes.nodes(_webhook),
        answer=many(WEBHOOK),
    ),
    _Route(
        method="POST",
        path="/webhooks",
        name="create_webhook",
        summary="Create a webhook",
        rate=Rate.WRITE,
        parameters=(body("url", _URL, "url", "Where to post to.", required=True), *_DETAILS),
        operation="CreateWebhook",
        fixed=_INTO,
        shape=_new_webhook,
        answer=NEW_WEBHOOK,
        status=201,
        request_example={
            "url": "https://hooks.example.com/prints",
            "events": ["print_complete", "print_failed"],
        },
    ),
    _Route(
        method="GET",
        path="/webhooks/{id}",
        name="get_webhook",
        summary="Get a webhook",
        rate=Rate.READ,
        parameters=(path_id("Webhook", what="Number of the webhook."),),
        operation="GetWebhook",
        fixed=_OF,
        shape=_webhook,
        answer=WEBHOOK,
    ),
    _Route(
        method="PATCH",
        path="/webhooks/{id}",
        name="update_webhook",
        summary="Change a webhook; what waits for it is tried at once",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID, body("url", _URL, "url", "Where to post to."), *_CHANGES),
        operation="UpdateWebhook",
        fixed=_INTO,
        shape=shapes.payload("webhook", _webhook),
        answer=WEBHOOK,
    ),
    _Route(
        method="DELETE",
        path="/webhooks/{id}",
        name="delete_webhook",
        summary="Delete a webhook and its log",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID,),
        operation="DeleteWebhook",
        fixed=_INTO,
        shape=shapes.constant(shapes.DELETED),
        answer=answers.DONE,
    ),
    _Route(
        method="POST",
        path="/webhooks/{id}/ping",
        name="ping_webhook",
        summary="Send a test message and wait for the answer",
        rate=Rate.WRITE,
        parameters=(_INPUT_ID,),
        operation="PingWebhook",
        fixed=_INTO,
        shape=shapes.payload("delivery", _delivery),
        answer=DELIVERY,
    ),
    _Route(
        method="GET",
        path="/webhooks/{id}/deliveries",
        name="list_webhook_deliveries",
        summary="The log of a webhook, newest first; kept for 30 days",
        rate=Rate.READ,
        parameters=(
            path_id("Webhook", what="Number of the webhook."),
            query("status", _STATUSES, "status", "With this status."),
            query("limit", Whole(1, 500), "first", "How many at most.", default=50),
            query("offset", Whole(0, 2**31 - 1), "offset", "How many to skip.", default=0),
        ),
        operation="ListWebhookDeliveries",
        fixed=_OF,
        shape=_deliveries,
        answer=DELIVERIES,
    ),
    _Route(
        method="POST",
        path="/webhooks/{id}/deliveries/{delivery_id}/redeliver",
        name="redeliver_webhook",
        summary="Send a message of the log once more, under the id it had",
        rate=Rate.WRITE,
        parameters=(
            path_id("Webhook", into="input.webhookId", what="Number of the webhook."),
            Parameter(
                "delivery_id",
                PathId("WebhookDelivery"),
                "input.id",
                Source.PATH,
                required=True,
                description="Number of the message.",
                example=1,
            ),
        ),
        operation="RedeliverWebhook",
        fixed=_INTO,
        shape=shapes.payload("delivery", _delivery),
        answer=DELIVERY,
    ),
)
