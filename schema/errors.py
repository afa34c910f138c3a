"""Errors on the way out: a stable code on each, nothing of the inside on any."""

import re
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, TypeVar

import strawberry
import structlog
from graphql import GraphQLError

from app import errors
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import DomainError, Invalid
from schema.context import Context, Info
from schema.fields import about

log = structlog.get_logger(__name__)
Payload = TypeVar("Payload")
Done = TypeVar("Done")

# Refusals that a mutation answers in its payload; anything else is an error of the request.
USER_ERRORS = (
    errors.NotFound,
    errors.Conflict,
    errors.Forbidden,
    errors.Invalid,
    errors.Unreachable,
)
BAD_REQUEST = "BAD_REQUEST"
INTERNAL = "INTERNAL_ERROR"
_WORD_START = re.compile(r"_([a-z])")


@strawberry.enum(description="What kind of refusal an error is.")
class ErrorCode(Enum):
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    INVALID = "INVALID"
    FORBIDDEN = "FORBIDDEN"
    UNREACHABLE = "UNREACHABLE"
    INSUFFICIENT_FILAMENT = "INSUFFICIENT_FILAMENT"
    IN_USE = "IN_USE"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105 - a code
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code
    NOT_CONNECTED = "NOT_CONNECTED"
    COMPONENT_CYCLE = "COMPONENT_CYCLE"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    USAGE_MISSING = "USAGE_MISSING"


_KIND_CODES: tuple[tuple[type[DomainError], ErrorCode], ...] = (
    (errors.NotFound, ErrorCode.NOT_FOUND),
    (errors.Conflict, ErrorCode.CONFLICT),
    (errors.Invalid, ErrorCode.INVALID),
    (errors.Forbidden, ErrorCode.FORBIDDEN),
    (errors.Unreachable, ErrorCode.UNREACHABLE),
)


@strawberry.type(description="Why a mutation refused its input; nothing was changed.")
class UserError:
    code: ErrorCode = about("The kind of refusal.")
    message: str = about("The cause, for people.")
    field: list[str] | None = about("The input field it is about, from the outside in.")


def missing(what: str, field: str = "id") -> list[UserError]:
    """The refusal for an id that no row can have."""
    return user_errors(errors.NotFound(f"There is no such {what}.", field=field))


def camel(name: str) -> str:
    """`snake_case` as GraphQL writes it."""
    return _WORD_START.sub(lambda found: found.group(1).upper(), name)


def user_errors(error: DomainError) -> list[UserError]:
    """The refusals in a domain error, one per field."""
    code = _code(error)
    if isinstance(error, Invalid) and error.errors:
        return [
            UserError(
                code=code,
                message=item.message,
                field=["input", *(camel(part) for part in item.path)],
            )
            for item in error.errors
        ]
    path = None if error.field is None else ["input", *map(camel, error.field.split("."))]
    return [UserError(code=code, message=error.message, field=path)]


def _code(error: DomainError) -> ErrorCode:
    if error.code in ErrorCode.__members__:
        return ErrorCode[error.code]
    return next(code for kind, code in _KIND_CODES if isinstance(error, kind))


async def mutate(
    info: Info,
    payload: Callable[..., Payload],
    work: Callable[[WriteSession, Viewer], Awaitable[Done]],
    present: Callable[[Done], dict[str, Any]],
    before: Callable[[], Awaitable[None]] | None = None,
) -> Payload:
    """Run `work` in one transaction and present what it did, or its refusal, as a payload.

    `before` goes first, in transactions of its own (`Context.step`).
    """
    context = info.context
    try:
        if before is not None:
            await before()
            context.go_on()
        async with context.transaction() as session:
            done = await work(session, context.viewer)
    except USER_ERRORS as error:
        return payload(user_errors=user_errors(error))
    context.renew_loaders()
    return payload(user_errors=[], **present(done))


def present_errors(found: Sequence[GraphQLError], context: object) -> None:
    """Give each error its code, and replace the words of whatever was not meant to be seen."""
    for error in found:
        original: Exception | None = error
        while isinstance(original, GraphQLError):
            original = original.original_error
        extensions = dict(error.extensions or {})
        if original is None:
            extensions.setdefault("code", BAD_REQUEST)
        elif isinstance(original, DomainError):
            extensions["code"] = original.code
            if original.field is not None:
                extensions["field"] = camel(original.field)
        else:
            request_id = context.request_id if isinstance(context, Context) else None
            log.error("resolver failed", path=error.path, exc_info=original)
            error.message = "The server failed to answer; the request id finds the cause."
            extensions = {"code": INTERNAL, "requestId": request_id}
        error.extensions = extensions


def as_graphql_error(error: Exception) -> GraphQLError:
    """An error of a stream as one of the answer."""
    if isinstance(error, GraphQLError):
        return error
    return GraphQLError(str(error), original_error=error)
