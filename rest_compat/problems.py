"""Problems a client sees: where each refusal of the domain ends up in HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError

from app.errors import DomainError, Invalid, RateLimited
from app.records import record

INTERNAL = "INTERNAL_ERROR"
# Stable codes of the domain and the status each has in every dialect.
STATUSES: Mapping[str, int] = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "INVALID_CREDENTIALS": 401,
    "INVALID_TOKEN": 401,
    "TOKEN_EXPIRED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "IN_USE": 409,
    "INSUFFICIENT_FILAMENT": 409,
    "COMPONENT_CYCLE": 409,
    "INVALID_TRANSITION": 409,
    "USAGE_MISSING": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    INTERNAL: 500,
    "SERVICE_UNAVAILABLE": 503,
    "UNREACHABLE": 503,
    "NOT_CONNECTED": 503,
}
# What the domain calls wrong input; each dialect has its own status and code for it.
INVALID = "INVALID"
CHALLENGE = 'Bearer realm="spoolgraph"'
# Seconds after which a client may ask again when something the server needs is away.
RETRY_SECONDS = 5


@record
class Fault:
    """One refused field, by the name the dialect gives it; None is the request as a whole."""

    field: str | None
    message: str

    def __str__(self) -> str:
        return self.message if self.field is None else f"{self.field}: {self.message}"


@dataclass(eq=False)  # not frozen: a context manager that an exception passes must write on it
class Problem(Exception):
    """A refusal on its way out, raised anywhere in the façade and written by the dialect."""

    code: str
    message: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""

    @property
    def is_invalid(self) -> bool:
        """True for wrong input, which dialects answer differently."""
        return self.code == INVALID


def invalid(*faults: Fault) -> Problem:
    """Wrong input, naming the fields."""
    return Problem(INVALID, "; ".join(map(str, faults)), faults)


def not_found(message: str = "There is no such thing here.") -> Problem:
    """Nothing is found under this path."""
    return Problem("NOT_FOUND", message)


def of_domain(error: DomainError, names: Mapping[str, str]) -> Problem:
    """A domain error as a problem; `names` maps fields of the domain to those of the request."""
    if isinstance(error, Invalid):
        faults = [Fault(_named(f.path, names), f.message) for f in error.errors]
        return invalid(*(faults or [Fault(None, error.message)]))
    if isinstance(error, RateLimited):
        return Problem(error.code, error.message, headers={"Retry-After": str(error.retry_after)})
    return Problem(error.code, error.message, headers=_headers(error.code))


def of_graphql(errors: Sequence[GraphQLError], names: Mapping[str, str]) -> Problem:
    """The first error of an operation. Only domain errors may show their words."""
    found: BaseException | None = errors[0]
    while isinstance(found, GraphQLError) and found.original_error is not None:
        found = found.original_error
    if isinstance(found, DomainError):
        return of_domain(found, names)
    return Problem(INTERNAL, "The server failed to answer; the request id finds the cause.")


def of_user_errors(errors: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Problem:
    """The refusals in the payload of a mutation."""
    code = errors[0]["code"]
    if code != INVALID:
        return Problem(code, errors[0]["message"], headers=_headers(code))
    faults = []
    for error in errors:
        faults.append(Fault(_named(error["field"] or (), names), error["message"]))
    return invalid(*faults)


def _named(path: Sequence[str], names: Mapping[str, str]) -> str | None:
    """What the request calls the field at a path of the domain, else the last part of the path."""
    if not path:
        return None
    name = names.get(".".join("*" if part.isdigit() else part for part in path), path[-1])
    for place in filter(str.isdigit, path):
        name = name.replace("*", place, 1)
    return name


def _headers(code: str) -> dict[str, str]:
    if STATUSES.get(code) == 401:
        broken = ', error="invalid_token"' if code in ("INVALID_TOKEN", "TOKEN_EXPIRED") else ""
        return {"WWW-Authenticate": CHALLENGE + broken}
    if code == "SERVICE_UNAVAILABLE":
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}
