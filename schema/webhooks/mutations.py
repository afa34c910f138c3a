"""Webhooks are made, changed, tested and removed; messages are sent once more."""

import strawberry

from app.accounts.models import Scope
from app.errors import NotFound
from app.unset import UNSET
from app.webhooks import service
from app.webhooks.destinations import CheckedDestination, checked
from app.webhooks.models import Dialect
from schema.context import Context, Info
from schema.errors import USER_ERRORS, UserError, missing, mutate, user_errors
from schema.fields import about, given
from schema.ids import global_id, integer_id
from schema.webhooks.types import Webhook, WebhookDelivery

OF_DIALECT = "The API it must be of; of any without it."


@strawberry.input(description="The webhook to make.")
class CreateWebhookInput:
    url: str = about("Where to post to, http or https.")
    dialect: Dialect = about("Whose events and payloads it gets.", default=Dialect.BAMBUDDY)
    events: list[str] | None = about(
        "What it is told; all of its dialect without it.", default=None
    )
    secret: str | None = about(
        "What signs its messages: `whsec_` and base64, or any text; made up without it.",
        default=None,
    )
    active: bool = about("Whether it is told anything.", default=True)


@strawberry.type(description="The new webhook, and its secret, which is never shown again.")
class CreateWebhookPayload:
    webhook: Webhook | None = about("The webhook.", default=None)
    secret: str | None = about("What signs its messages. Copy it now.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateWebhookInput:
    id: strawberry.ID = about("Global id of the webhook.")
    url: strawberry.Maybe[str] = about("Where to post to.")
    events: strawberry.Maybe[list[str]] = about("What it is told.")
    secret: strawberry.Maybe[str] = about("What signs its messages from now on. Never read back.")
    active: strawberry.Maybe[bool] = about("Whether it is told anything; true ends a notice.")
    dialect: Dialect | None = about(OF_DIALECT, default=None)


@strawberry.type(description="The changed webhook. What waits for it is tried at once.")
class UpdateWebhookPayload:
    webhook: Webhook | None = about("The webhook as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The webhook to remove.")
class DeleteWebhookInput:
    id: strawberry.ID = about("Global id of the webhook.")
    dialect: Dialect | None = about(OF_DIALECT, default=None)


@strawberry.type(description="The removed webhook; its log is gone with it.")
class DeleteWebhookPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was removed.", default_factory=list)


@strawberry.input(description="The webhook to test.")
class PingWebhookInput:
    id: strawberry.ID = about("Global id of the webhook.")
    dialect: Dialect | None = about(OF_DIALECT, default=None)


@strawberry.type(description="What became of a test message; it is never repeated by itself.")
class PingWebhookPayload:
    delivery: WebhookDelivery | None = about("The message and the answer.", default=None)
    user_errors: list[UserError] = about("Why nothing was sent.", default_factory=list)


@strawberry.input(description="The message to send once more.")
class RedeliverWebhookInput:
    id: strawberry.ID = about("Global id of the delivery.")
    webhook_id: strawberry.ID | None = about(
        "Global id of the webhook it must be of; of any without it.", default=None
    )
    dialect: Dialect | None = about(OF_DIALECT, default=None)


@strawberry.type(description="The message that waits now, under the id it had.")
class RedeliverWebhookPayload:
    delivery: WebhookDelivery | None = about("The new delivery.", default=None)
    user_errors: list[UserError] = about("Why nothing is sent.", default_factory=list)


async def _checked(context: Context, url: str) -> CheckedDestination:
    """An address that was looked up, before any session is open. Raises domain errors."""
    context.viewer.require(Scope.ADMIN)
    return await checked(context.runtime.webhooks.guard, url)


async def _ping(
    context: Context, webhook_id: int | None, dialect: Dialect | None
) -> WebhookDelivery:
    """Send a test message now. No database session is held meanwhile. Raises domain errors."""
    context.viewer.require(Scope.ADMIN)
    row = await context.loaders.webhooks.get(webhook_id)
    if row is None or dialect not in (None, row.dialect):
        raise NotFound("There is no such webhook.", field="id")
    ping = service.ping_of(row)
    outcome = await context.runtime.webhooks.send(
        row.url, row.sealed_secret, ping.message_id, ping.body
    )
    async with context.transaction() as session:
        kept = await service.keep_ping(session, context.viewer, ping, outcome)
    context.renew_loaders()
    return WebhookDelivery.of(kept)


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(description="Make a webhook. Needs the scope ADMIN.")
    async def create_webhook(self, info: Info, input: CreateWebhookInput) -> CreateWebhookPayload:
        context = info.context
        try:
            destination = await _checked(context, input.url)
        except USER_ERRORS as error:
            return CreateWebhookPayload(user_errors=user_errors(error))
        fields = {name: value for name, value in vars(input).items() if name != "url"}
        new = service.NewWebhook(destination, **fields)
        return await mutate(
            info,
            CreateWebhookPayload,
            lambda session, viewer: service.create_webhook(
                session, viewer, new, context.runtime.sealer
            ),
            lambda made: {"webhook": Webhook.of(made[0]), "secret": made[1]},
        )

    @strawberry.mutation(description="Change a webhook. Needs the scope ADMIN.")
    async def update_webhook(self, info: Info, input: UpdateWebhookInput) -> UpdateWebhookPayload:
        context, webhook_id = info.context, integer_id(input.id, "Webhook")
        if webhook_id is None:
            return UpdateWebhookPayload(user_errors=missing("webhook"))
        url = given(input.url)
        try:
            destination = UNSET if url is UNSET else await _checked(context, url)
        except USER_ERRORS as error:
            return UpdateWebhookPayload(user_errors=user_errors(error))
        changes = service.WebhookChanges(
            destination, given(input.events), given(input.secret), given(input.active)
        )
        return await mutate(
            info,
            UpdateWebhookPayload,
            lambda session, viewer: service.update_webhook(
                session, viewer, webhook_id, changes, context.runtime.sealer, input.dialect
            ),
            lambda row: {"webhook": Webhook.of(row)},
        )

    @strawberry.mutation(description="Remove a webhook. Needs the scope ADMIN.")
    async def delete_webhook(self, info: Info, input: DeleteWebhookInput) -> DeleteWebhookPayload:
        webhook_id = integer_id(input.id, "Webhook")
        if webhook_id is None:
            return DeleteWebhookPayload(user_errors=missing("webhook"))
        return await mutate(
            info,
            DeleteWebhookPayload,
            lambda session, viewer: service.delete_webhook(
                session, viewer, webhook_id, input.dialect
            ),
            lambda deleted: {"deleted_id": global_id("Webhook", deleted)},
        )

    @strawberry.mutation(description="Send a test message and wait for the answer. Needs ADMIN.")
    async def ping_webhook(self, info: Info, input: PingWebhookInput) -> PingWebhookPayload:
        try:
            sent = await _ping(info.context, integer_id(input.id, "Webhook"), input.dialect)
        except USER_ERRORS as error:
            return PingWebhookPayload(user_errors=user_errors(error))
        return PingWebhookPayload(delivery=sent)

    @strawberry.mutation(description="Send a message of the log once more. Needs ADMIN.")
    async def redeliver_webhook(
        self, info: Info, input: RedeliverWebhookInput
    ) -> RedeliverWebhookPayload:
        delivery_id = integer_id(input.id, "WebhookDelivery")
        if delivery_id is None:
            return RedeliverWebhookPayload(user_errors=missing("delivery"))
        # An id that no webhook has is that of another one.
        webhook_id = None
        if input.webhook_id is not None:
            webhook_id = integer_id(input.webhook_id, "Webhook") or 0
        return await mutate(
            info,
            RedeliverWebhookPayload,
            lambda session, viewer: service.redeliver(
                session, viewer, delivery_id, webhook_id, input.dialect
            ),
            lambda row: {"delivery": WebhookDelivery.of(row)},
        )
