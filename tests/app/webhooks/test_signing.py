"""Signatures that every library for Standard Webhooks verifies."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from app.errors import Invalid
from app.webhooks.signing import checked_secret, key_of, new_secret, signed_headers


def test_a_known_signature() -> None:
    """The HMAC-SHA256 of `id.timestamp.body`, in base64, with its version."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", [new_secret(), "your-webhook-secret", "schlüssel", "whsec"])
def test_what_was_signed_is_verified(secret: str) -> None:
    """`whsec_` is base64, any other secret its UTF-8 bytes."""
    headers = signed_headers(checked_secret(secret), "evt_1", datetime.now(UTC), '{"ü":1}')
    verifier = Webhook(secret if secret.startswith("whsec_") else secret.encode())
    assert verifier.verify('{"ü":1}', dict(headers)) == {"ü": 1}


def test_a_new_secret_is_long_and_never_the_same() -> None:
    """32 random bytes."""
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(key_of(secret)) for secret in made} == {32}


def test_padding_may_be_left_out() -> None:
    """As the libraries read it."""
    assert key_of("whsec_" + base64.b64encode(b"abcd").decode().rstrip("=")) == b"abcd"


@pytest.mark.parametrize(
    "secret", ["", "  ", "whsec_", "whsec_????", "whsec_a", "x" * 257, "half \ud800"]
)
def test_a_secret_that_signs_nothing_is_refused(secret: str) -> None:
    """By the name of the field, without repeating it."""
    with pytest.raises(Invalid) as refused:
        checked_secret(secret)
    assert refused.value.field == "secret"
    assert "????" not in refused.value.message
