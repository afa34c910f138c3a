"""What an application asks for when it sends somebody here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from app.accounts.models import Scope
from app.records import record

READ, WRITE = "read", "write"
# What each scope allows, within the role of whoever consents.
SCOPES: Mapping[str, frozenset[Scope]] = {
    READ: frozenset({Scope.READ}),
    WRITE: frozenset(Scope) - {Scope.ADMIN},
}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_STATE = 2_000


class OAuthError(Exception):
    """A refusal in the words of RFC 6749: a code for programs, a description for their makers."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


@record
class Asked:
    """A sound authorization request."""

    client_id: str
    redirect_uri: str
    redirect_given: bool
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None


def granted(scopes: Iterable[str]) -> frozenset[Scope]:
    """The scopes of this server behind those of OAuth."""
    return frozenset[Scope]().union(*(SCOPES[scope] for scope in scopes))


def scopes_of(text: str | None) -> tuple[str, ...]:
    """The scopes of a request, `read` without any; raises `OAuthError` for an unknown one."""
    wanted = tuple(dict.fromkeys((text or READ).split()))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise OAuthError("invalid_scope", f"The scopes are {', '.join(SCOPES)}.")
    return wanted


def read(
    given: Mapping[str, str], redirect_uri: str, *, public: bool, redirect_given: bool
) -> Asked:
    """The request of a known client to a known address; raises `OAuthError` to be told there."""
    if given.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "Ask for response_type=code.")
    state = given.get("state")
    if state is not None and len(state) > MAX_STATE:
        raise OAuthError("invalid_request", f"A state has at most {MAX_STATE} characters.")
    challenge = given.get("code_challenge") or None
    if challenge is None and (public or given.get("code_challenge_method")):
        raise OAuthError("invalid_request", "This application needs PKCE: send code_challenge.")
    if challenge is not None:
        if given.get("code_challenge_method", "plain") != "S256":
            raise OAuthError("invalid_request", "code_challenge_method must be S256.")
        if not _CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request", "A code_challenge of S256 has 43 characters.")
    return Asked(
        client_id=given.get("client_id", ""),
        redirect_uri=redirect_uri,
        redirect_given=redirect_given,
        scopes=scopes_of(given.get("scope")),
        state=state,
        challenge=challenge,
    )


def address(redirect_uri: str, state: str | None, **values: str) -> str:
    """Where to send the person back to, the values among the query of the address."""
    parts = urlsplit(redirect_uri)
    told = {name: value for name, value in (*values.items(), ("state", state)) if value is not None}
    query = "&".join(filter(None, (parts.query, urlencode(told))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def source_of(redirect_uri: str) -> str:
    """The source a form may lead to, as a content security policy names it."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
