"""From the headers of a request to a viewer. Fails closed: no database, no viewer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from app.accounts import camera_tokens, queries, tokens
from app.accounts.camera_tokens import CameraClaims, CameraToken
from app.accounts.models import ApiKey, Membership, Plan, Scope
from app.accounts.viewer import Viewer, effective_scopes
from app.database import EVERY_TEAM, Database
from app.errors import DomainError, Unauthenticated
from app.events import CredentialRevoked, TeamCreated, TeamMemberAdded
from app.farm_events.service import decode
from app.hub import EVENT, RESYNC, Hub, Message

log = structlog.get_logger(__name__)

# A revocation is told to every process at once; this bounds the time if that message is lost.
CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
SIGN_IN_ENDED = "The sign-in was ended."
NO_CREDENTIAL = "Send an API key in X-API-Key, or a token in Authorization: Bearer."
# Events after which a viewer is another one.
_CHANGES = {kind.kind for kind in (CredentialRevoked, TeamMemberAdded, TeamCreated)}
# `last_used_at` of a key is exact to this.
USE_NOTED_SECONDS = 60.0


class Authenticator:
    """Finds the viewer of a credential, and remembers it for a few seconds."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._signer: tokens.TokenSigner | None = None
        self._cache: OrderedDict[bytes, tuple[float, Viewer]] = OrderedDict()
        # Counts revocations: what was looked up before one must not be remembered after it.
        self._revocations = 0
        self._used: dict[int, datetime] = {}
        self._noted: OrderedDict[int, float] = OrderedDict()
        hub.listen(EVENT, self._on_event)
        hub.listen(RESYNC, lambda _message: self._forget_all())

    @property
    def signer(self) -> tokens.TokenSigner:
        """Signs access tokens; there is none before the farm's secret is known."""
        if self._signer is None:
            raise RuntimeError("the farm's secret is not known yet")
        return self._signer

    def unlock(self, secret: str) -> None:
        """Take the farm's secret."""
        self._signer = tokens.TokenSigner(secret)

    async def authenticate(self, *, api_key: str | None, authorization: str | None) -> Viewer:
        """The viewer of `X-API-Key` or of `Authorization: Bearer` (a key or an access token).

        Raises `Unauthenticated` (UNAUTHORIZED, INVALID_TOKEN, TOKEN_EXPIRED) or `Unavailable`.
        """
        credential = _credential(api_key, authorization)
        name = tokens.digest(credential)
        if tokens.looks_like_jwt(credential):
            return await self._viewer(name, lambda: self._from_token(credential))
        return await self._viewer(name, lambda: self._from_key(name))

    async def authenticate_camera(self, token: str) -> Viewer:
        """The viewer of a camera token, who may look at cameras and do nothing else.

        Raises `Unauthenticated` (INVALID_TOKEN) or `Unavailable`.
        """
        claims = camera_tokens.read(self.signer, token)
        # Remembered under a name that no other credential has: it is good nowhere else.
        name = tokens.digest(f"{camera_tokens.PURPOSE} {token}")
        return await self._viewer(name, lambda: self._from_camera(claims))

    def make_camera_token(self, viewer: Viewer, printer_id: int | None) -> CameraToken:
        """A token of the viewer's credential for the camera of one printer, or of every printer
        of the team. Raises `Forbidden` when the viewer may not read."""
        return camera_tokens.make(self.signer, viewer, printer_id)

    async def _viewer(self, name: bytes, look_up: Callable[[], Awaitable[Viewer]]) -> Viewer:
        viewer = self._remembered(name)
        if viewer is None:
            revocations = self._revocations
            viewer = await look_up()
            if revocations == self._revocations:
                self._remember(name, viewer)
        if viewer.api_key_id is not None:
            self._note_use(viewer.api_key_id)
        return viewer

    def _remembered(self, name: bytes) -> Viewer | None:
        found = self._cache.get(name)
        if found is None:
            return None
        until, viewer = found
        if time.monotonic() >= until or is_expired(viewer):
            del self._cache[name]
            return None
        return viewer

    def _remember(self, name: bytes, viewer: Viewer) -> None:
        self._cache[name] = (time.monotonic() + CACHE_SECONDS, viewer)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)

    async def _from_key(self, digest: bytes) -> Viewer:
        async with self._database.read(EVERY_TEAM) as session:
            found = await queries.key_by_digest(session, digest)
        return _of_key(found)

    async def _from_camera(self, claims: CameraClaims) -> Viewer:
        """The viewer of the credential a camera token was made with, as it is now."""
        async with self._database.read(EVERY_TEAM) as session:
            if claims.key_id is not None:
                return claims.narrow(_of_key(await queries.key_with_owner(session, claims.key_id)))
            ended = claims.family is None or await queries.family_is_revoked(session, claims.family)
            member = await queries.membership(session, claims.user_id, claims.team_id)
        if ended or member is None:
            raise Unauthenticated(SIGN_IN_ENDED, code="INVALID_TOKEN")
        return claims.narrow(
            Viewer(
                team_id=claims.team_id,
                user_id=claims.user_id,
                role=member.role,
                scopes=effective_scopes(member.role),
                credential=claims.credential,
                family=claims.family,
            )
        )

    async def _from_token(self, token: str) -> Viewer:
        claims = self.signer.read(token)
        async with self._database.read(EVERY_TEAM) as session:
            found = await queries.memberships_by_uid(session, claims.user_uid)
            ended = await queries.family_is_revoked(session, claims.family)
        user, memberships = found or (None, [])
        teams = tuple((membership.team_id, membership.role) for membership in memberships)
        role = dict(teams).get(claims.team_id)
        if user is None or role is None or ended:
            raise Unauthenticated(SIGN_IN_ENDED, code="INVALID_TOKEN")
        return Viewer(
            team_id=claims.team_id,
            user_id=user.id,
            role=role,
            scopes=effective_scopes(role, claims.granted),
            credential=f"user:{user.id}"
            if claims.client_id is None
            else f"application:{claims.client_id}:{user.id}",
            family=claims.family,
            plan=Plan.FREE,
            expires_at=claims.expires_at,
            teams=teams,
            granted=claims.granted,
        )

    def _on_event(self, message: Message) -> None:
        if message.key in _CHANGES:
            self.forget(decode(message.body))

    def _forget_all(self) -> None:
        self._revocations += 1
        self._cache.clear()

    def forget(self, event: object) -> None:
        """Drop every remembered viewer that a revocation, or a new membership, is about."""
        if not isinstance(event, CredentialRevoked | TeamMemberAdded | TeamCreated):
            return
        self._revocations += 1
        for name, (_until, viewer) in list(self._cache.items()):
            if (
                is_revoked_by(viewer, event)
                if isinstance(event, CredentialRevoked)
                else viewer.user_id == event.user_id
            ):
                del self._cache[name]

    def _note_use(self, key_id: int) -> None:
        now = time.monotonic()
        if now - self._noted.get(key_id, -USE_NOTED_SECONDS) < USE_NOTED_SECONDS:
            return
        self._noted[key_id] = now
        if len(self._noted) > CACHE_SIZE:
            self._noted.popitem(last=False)
        self._used[key_id] = datetime.now(UTC)

    async def write_uses(self) -> None:
        """Write the noted uses; what cannot be written now is kept for the next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._database.transaction(EVERY_TEAM) as session:
                await queries.note_key_use(session, used)
        except DomainError as error:
            self._used = used | self._used
            log.warning("key use could not be written", reason=error.message)


def _of_key(found: tuple[ApiKey, Membership | None] | None) -> Viewer:
    """The viewer of a key and its owner's membership; raises `Unauthenticated`."""
    key, membership = (None, None) if found is None else found
    if key is None or membership is None or key.revoked_at is not None:
        raise Unauthenticated("The API key is not valid.")
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        raise Unauthenticated("The API key has expired.")
    granted = frozenset(Scope(scope) for scope in key.scopes)
    return Viewer(
        team_id=key.team_id,
        user_id=key.user_id,
        role=membership.role,
        scopes=effective_scopes(membership.role, granted),
        credential=f"key:{key.id}",
        api_key_id=key.id,
        plan=key.plan,
        expires_at=key.expires_at,
        granted=granted,
    )


def is_expired(viewer: Viewer) -> bool:
    """True once the credential's time is over."""
    return viewer.expires_at is not None and viewer.expires_at <= datetime.now(UTC)


def is_revoked_by(viewer: Viewer, event: CredentialRevoked) -> bool:
    """True when the event ends this viewer's credential or changes what it may do."""
    if event.api_key_id is not None:
        return viewer.api_key_id == event.api_key_id
    if event.family is not None:
        return viewer.family == event.family
    return viewer.user_id == event.user_id


def _credential(api_key: str | None, authorization: str | None) -> str:
    if api_key:
        return api_key.strip()
    kind, _, value = (authorization or "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    raise Unauthenticated(NO_CREDENTIAL)
