"""Camera tokens: what an address of a picture can carry, since an `<img>` sends no headers.

A token is signed and not stored. It names the credential it was made with, and is good for an hour
at most, while that credential is, for nothing but to see cameras: of one printer, or of its team.
"""

from __future__ import annotations

from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.models import Scope
from app.accounts.tokens import TokenSigner
from app.accounts.viewer import Viewer
from app.errors import Forbidden, Unauthenticated
from app.records import record

PURPOSE = "camera"
SECONDS = 3600
NOT_GOOD = "The camera token is not valid or has expired: make another."


@record
class CameraToken:
    """What was made; `value` is not shown in a repr."""

    value: str = field(repr=False)
    expires_at: datetime


@record
class CameraClaims:
    """What a valid token says. Either `key_id` or `family` is there; without `printer_id` it is
    good for every printer of the team."""

    team_id: int
    user_id: int
    credential: str
    key_id: int | None
    family: UUID | None
    printer_id: int | None
    expires_at: datetime

    def narrow(self, viewer: Viewer) -> Viewer:
        """The viewer that the credential is today, cut down to what the token is for."""
        return replace(
            viewer,
            scopes=viewer.scopes & {Scope.READ},
            credential=self.credential,
            expires_at=min(self.expires_at, viewer.expires_at or self.expires_at),
            granted=frozenset({Scope.READ}),
            printer_id=self.printer_id,
        )


def make(signer: TokenSigner, viewer: Viewer, printer_id: int | None) -> CameraToken:
    """A token of the viewer's credential, for one printer or for all of the team's.

    Raises `Forbidden` for a viewer that may not read, or that has no key and no sign-in.
    """
    viewer.require(Scope.READ)
    if viewer.api_key_id is None and viewer.family is None:
        raise Forbidden("Only a key or a sign-in can make a camera token.")
    now = datetime.now(UTC).replace(microsecond=0)
    seconds = SECONDS
    if viewer.api_key_id is not None and viewer.expires_at is not None:
        seconds = min(seconds, int((viewer.expires_at - now).total_seconds()))
    claims = {
        "team": viewer.team_id,
        "user": viewer.user_id,
        "credential": viewer.credential,
        "key": viewer.api_key_id,
        "family": None if viewer.family is None else str(viewer.family),
        "printer": printer_id,
    }
    value = signer.sign_ticket(PURPOSE, claims, seconds)
    return CameraToken(value, now + timedelta(seconds=seconds))


def read(signer: TokenSigner, token: str) -> CameraClaims:
    """What a token says. Raises `Unauthenticated` (INVALID_TOKEN) unless it is a good one."""
    try:
        return _claims(signer.read_ticket(PURPOSE, token))
    except (Unauthenticated, KeyError, TypeError, ValueError):
        raise Unauthenticated(NOT_GOOD, code="INVALID_TOKEN") from None


def _claims(said: dict[str, Any]) -> CameraClaims:
    key_id, family, printer_id = said["key"], said["family"], said["printer"]
    if (key_id is None) == (family is None):
        raise ValueError("a token comes from a key or from a sign-in")
    expires_at = datetime.fromtimestamp(said["exp"], UTC)
    if expires_at <= datetime.now(UTC):
        raise ValueError("no leeway: a stream would end as it begins")
    return CameraClaims(
        team_id=int(said["team"]),
        user_id=int(said["user"]),
        credential=str(said["credential"]),
        key_id=None if key_id is None else int(key_id),
        family=None if family is None else UUID(family),
        printer_id=None if printer_id is None else int(printer_id),
        expires_at=expires_at,
    )
