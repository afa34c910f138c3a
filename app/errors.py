"""What can go wrong, said once. Each edge (GraphQL, every REST dialect) maps these kinds itself."""

from __future__ import annotations

from app.records import record


@record
class FieldError:
    """One field of an input that was refused. `path` names it from the outside in."""

    path: tuple[str, ...]
    message: str


class DomainError(Exception):
    """A refusal that a person can act on. `code` is stable, `message` is for people."""

    code = "INTERNAL_ERROR"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code


class NotFound(DomainError):
    """There is no such row for this team; rows of other teams look exactly the same."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """The request is sound but the present state forbids it."""

    code = "CONFLICT"


class Forbidden(DomainError):
    """The credential is good but lacks the scope or the role."""

    code = "FORBIDDEN"


class Unauthenticated(DomainError):
    """No credential, or one that is wrong, expired or revoked."""

    code = "UNAUTHORIZED"


class RateLimited(DomainError):
    """Too many requests. `retry_after` is in whole seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Invalid(DomainError):
    """Input outside its range or form; `errors` names every refused field."""

    code = "INVALID"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        errors: tuple[FieldError, ...] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(message, field=field, code=code)
        if not errors and field is not None:
            errors = (FieldError(tuple(field.split(".")), message),)
        self.errors = errors


class Unreachable(DomainError):
    """A printer, or the process that holds its connection, did not answer in time."""

    code = "UNREACHABLE"


class Unavailable(DomainError):
    """A service this server depends on is away (the database, above all). Try again later."""

    code = "SERVICE_UNAVAILABLE"
