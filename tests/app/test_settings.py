"""Settings: read from the environment, refused with a sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.setting_texts import Secret
from app.settings import Settings, SettingsError


def _read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, text in variables.items():
        monkeypatch.setenv(f"SPOOLGRAPH_{name}", text)
    return Settings.from_environment()


def test_texts_become_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, paths, lists, words in any case, and secrets that do not show."""
    settings = _read(
        monkeypatch,
        PORT=" 9000 ",
        DATA_DIR="/srv/farm",
        SHUTDOWN_SECONDS="1.5",
        CORS_ORIGINS="https://a.example/, https://b.example",
        SIGNUP=" On ",
        LOG_LEVEL="DEBUG",
        API_KEY="very-secret",
    )
    assert (settings.port, settings.shutdown_seconds) == (9000, 1.5)
    assert settings.data_dir == Path("/srv/farm")
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert (settings.signup, settings.log_level) == ("on", "debug")
    assert settings.api_key == Secret("very-secret")
    assert "very-secret" not in repr(settings)


def test_empty_variables_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose passes on what nobody gave as an empty text."""
    settings = _read(monkeypatch, PORT="", API_KEY="", MAIL_FROM=" ", BROADCAST_URL="")
    assert (settings.port, settings.api_key, settings.mail_from) == (8000, None, None)
    assert settings.broadcast_url == "memory://"


def test_names_of_variables_may_be_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As shells of some systems write them."""
    monkeypatch.setenv("spoolgraph_port", "9001")
    assert Settings().port == 9001


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """None included; a name that there is not is a mistake of the caller's."""
    monkeypatch.setenv("SPOOLGRAPH_API_KEY", "key")
    monkeypatch.setenv("SPOOLGRAPH_PORT", "9000")
    settings = Settings(api_key=None, port=1)
    assert (settings.api_key, settings.port) == (None, 1)
    with pytest.raises(TypeError, match="prot"):
        Settings(prot=1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PORT", "many", "must be a whole number"),
        ("PORT", "70000", "must be a whole number from 0 to 65535"),
        ("SHUTDOWN_SECONDS", "nan", "must be a number from 0 to 60"),
        ("PRINT_START_SECONDS", "0", "must be a number from 1 to 3600"),
        ("LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
        ("PLANS", "maybe", "must be one of on, off"),
        ("FILES_URL", "ftp://x", "must be s3://bucket or s3://bucket/prefix"),
        ("BROADCAST_URL", "x", "must begin with memory://, redis:// or rediss://"),
        ("BROADCAST_URL", "redis", "must begin with memory://, redis:// or rediss://"),
        ("MQTT_URL", "u:secret@h", "must begin with mqtt:// or mqtts://"),
        ("SMTP_URL", "x", "must begin with smtp://, smtp+starttls:// or smtps://"),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:// or postgresql://"),
        ("DATABASE_URL", "sqlite", "must begin with sqlite:// or postgresql://"),
    ],
)
def test_what_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    """One sentence, without the text itself."""
    with pytest.raises(SettingsError) as refused:
        _read(monkeypatch, **{name: text})
    assert str(refused.value) == f"SPOOLGRAPH_{name}: {said}."


def test_every_wrong_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an operator mends all of them at once."""
    with pytest.raises(SettingsError) as refused:
        _read(monkeypatch, PORT="x", PLANS="y")
    assert str(refused.value).splitlines() == [
        "SPOOLGRAPH_PORT: must be a whole number.",
        "SPOOLGRAPH_PLANS: must be one of on, off.",
    ]
