"""Access tokens and the forms of keys: what is in them, what is refused."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest

from app.accounts import tokens
from app.accounts.authentication import is_revoked_by
from app.accounts.models import Role
from app.accounts.tokens import TokenSigner
from app.accounts.viewer import Viewer
from app.errors import Unauthenticated
from app.events import CredentialRevoked
from app.farm_events.service import decode, encode

USER = UUID("01890f3e-0000-7000-8000-000000000001")
FAMILY = UUID("01890f3e-0000-7000-8000-000000000002")


def _claims(signer: TokenSigner, **changes: object) -> str:
    """A token signed with the right key, with these claims changed (None: left out)."""
    now = datetime.now(UTC)
    claims: dict[str, object] = {
        "sub": str(USER),
        "team": 1,
        "family": str(FAMILY),
        "aud": "spoolgraph",
        "iat": now,
        "exp": now + timedelta(minutes=30),
        "jti": uuid4().hex,
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, signer._key, algorithm="HS256")


def test_an_access_token_lives_thirty_minutes() -> None:
    """The claims come back, the header names the key, the expiry is 1800 s ahead."""
    signer = TokenSigner("secret")
    before = datetime.now(UTC)
    token = signer.sign(USER, 7, FAMILY)
    claims = signer.read(token)
    assert (claims.user_uid, claims.team_id, claims.family) == (USER, 7, FAMILY)
    lasts = (claims.expires_at - before).total_seconds()
    assert 1799 <= lasts <= 1801
    assert len(jwt.get_unverified_header(token)["kid"]) == 8


@pytest.mark.parametrize("claim", ["exp", "sub", "iat", "jti", "aud", "team", "family"])
def test_a_token_without_a_claim_is_refused(claim: str) -> None:
    """Even a token that is signed rightly needs every claim."""
    signer = TokenSigner("secret")
    signer.read(_claims(signer))
    with pytest.raises(Unauthenticated) as refused:
        signer.read(_claims(signer, **{claim: None}))
    assert refused.value.code == "INVALID_TOKEN"


def test_an_expired_token_says_so_after_the_leeway() -> None:
    """Ten seconds of clock skew are forgiven, more is TOKEN_EXPIRED."""
    signer = TokenSigner("secret")
    now = datetime.now(UTC)
    signer.read(_claims(signer, exp=now - timedelta(seconds=5)))
    with pytest.raises(Unauthenticated) as refused:
        signer.read(_claims(signer, exp=now - timedelta(seconds=12)))
    assert refused.value.code == "TOKEN_EXPIRED"


def test_a_token_for_others_or_of_another_farm_is_refused() -> None:
    """Another audience and another secret are both INVALID_TOKEN."""
    signer = TokenSigner("secret")
    for token in (_claims(signer, aud="other"), TokenSigner("other").sign(USER, 1, FAMILY)):
        with pytest.raises(Unauthenticated) as refused:
            signer.read(token)
        assert refused.value.code == "INVALID_TOKEN"


def test_a_made_key_shows_its_prefix_and_a_chosen_one_next_to_nothing() -> None:
    """The visible part never helps to guess the rest."""
    made = tokens.new_api_key()
    assert len(made) == 55
    assert tokens.visible_prefix(made) == made[:11]
    assert tokens.visible_prefix("short-secret") == ""
    assert tokens.visible_prefix("sg_hunter2hunter2_x") == ""
    assert tokens.visible_prefix("a-long-key-that-was-chosen-by-hand") == "a-lo"


def test_a_revocation_survives_its_journey() -> None:
    """The event another process reads from the hub ends exactly the family it names."""
    event = decode(encode(CredentialRevoked(team_id=1, family=FAMILY)))
    assert isinstance(event, CredentialRevoked)
    viewer = Viewer(1, 2, Role.OWNER, frozenset(), "user:2", family=FAMILY)
    assert is_revoked_by(viewer, event)
    assert not is_revoked_by(dataclasses.replace(viewer, family=USER), event)
    assert not is_revoked_by(dataclasses.replace(viewer, family=None), event)
