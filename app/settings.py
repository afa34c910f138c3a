"""One frozen settings object, read from `SPOOLGRAPH_*` environment variables."""

from __future__ import annotations

import os
from dataclasses import Field, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from app.setting_texts import (
    READER,
    Reader,
    Secret,
    beginning,
    bucket,
    database,
    hosts,
    limits,
    one_of,
    origins,
    pairs,
    seconds,
    secret,
    setting,
    unless_blank,
    whole,
)

ENV_PREFIX = "SPOOLGRAPH_"
_DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}


# Dialects that were written for a host of their own, where they answer at /v1.
HOSTED_DIALECTS = ("platform", "reference")

OnOff = Literal["on", "off"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "console", "json"]

_ON_OFF: Reader[OnOff] = one_of("on", "off")


class SettingsError(Exception):
    """A setting has a value that cannot be used. The message names the variable, never a secret."""


@dataclass(frozen=True, init=False)
class Settings:
    """Everything an operator can change, documented in the table of the README.

    Whatever is given to it takes precedence over the environment. Raises `SettingsError` with one
    sentence per bad variable.
    """

    host: str = "127.0.0.1"
    port: int = setting(8000, whole(0, 65_535))
    data_dir: Path = setting(Path("data"), Path)
    database_url: str = setting("", database(_DRIVERS))
    broadcast_url: str = setting("memory://", beginning("memory", "redis", "rediss"))
    mqtt_url: Secret | None = setting(None, secret(beginning("mqtt", "mqtts")))
    secret_key: Secret | None = setting(None, secret())
    admin_email: str | None = setting(None, unless_blank(str))
    admin_password: Secret | None = setting(None, secret())
    api_key: Secret | None = setting(None, secret())
    rate_limits: str = setting("on", limits)
    cors_origins: tuple[str, ...] = setting((), origins)
    public_url: str | None = setting(None, unless_blank(str))
    signup: OnOff = setting("off", _ON_OFF)
    smtp_url: Secret | None = setting(None, secret(beginning("smtp", "smtp+starttls", "smtps")))
    mail_from: str | None = setting(None, unless_blank(str))
    dialect_hosts: str = setting("", hosts(HOSTED_DIALECTS))
    plans: OnOff = setting("on", _ON_OFF)
    documents: Literal["any", "trusted"] = setting("any", one_of("any", "trusted"))
    documents_file: Path | None = setting(None, unless_blank(Path))
    log_level: LogLevel = setting("info", one_of("debug", "info", "warning", "error"))
    log_format: LogFormat = setting("auto", one_of("auto", "console", "json"))
    printer_ca_file: Path | None = setting(None, unless_blank(Path))
    print_start_seconds: float | None = setting(None, seconds(1, 3_600))
    shutdown_seconds: float = setting(3.0, seconds(0, 60))
    files_url: str = setting("", bucket)
    max_file_mb: int = setting(512, whole(1, 100_000))
    s3_endpoint: str | None = setting(None, unless_blank(str))
    s3_region: str | None = setting(None, unless_blank(str))
    s3_access_key_id: Secret | None = setting(None, secret())
    s3_secret_access_key: Secret | None = setting(None, secret())
    allow_private_webhooks: OnOff = setting("off", _ON_OFF)
    offline_seconds: float = setting(60.0, seconds(0, 86_400))

    def __init__(self, **given: Any) -> None:
        # An empty variable is one that is not set: Compose passes on so what nobody gave.
        environment = {name.upper(): text for name, text in os.environ.items() if text}
        values, wrong = {}, []
        for item in fields(self):
            variable = ENV_PREFIX + item.name.upper()
            found = given.pop(item.name, environment.get(variable, item.default))
            try:
                values[item.name] = _value(item, found)
            except ValueError as error:
                wrong.append(f"{variable}: {error}.")
        if wrong:
            raise SettingsError("\n".join(wrong))
        if given:
            raise TypeError(f"there are no settings {', '.join(given)}")
        self.__dict__.update(values)

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """Read the environment; raises `SettingsError` with one sentence per bad variable."""
        return cls(**overrides)

    @cached_property
    def sqlalchemy_url(self) -> str:
        """The address with the asynchronous driver; an SQLite file in `data_dir` when unset."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{(self.data_dir / 'spoolgraph.db').absolute()}"
        scheme, rest = self.database_url.split("://", 1)
        return f"{_DRIVERS[scheme.split('+')[0]]}://{rest}"

    @property
    def own_url(self) -> str:
        """Where this server is found, as far as its settings tell, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def limits_on(self) -> bool:
        """False when every limit is lifted."""
        return self.rate_limits != "off"

    @property
    def changed_limits(self) -> dict[str, str]:
        """Limits by class of request that differ from the ones built in."""
        return {} if self.rate_limits in ("on", "off") else dict(pairs(self.rate_limits))

    @property
    def hosts(self) -> dict[str, str]:
        """The dialect that a host serves at `/v1`, by its name in lower case."""
        return dict(pairs(self.dialect_hosts))

    @property
    def embedded_database(self) -> bool:
        """True on SQLite, where this process is the only server and migrates by itself."""
        return self.sqlalchemy_url.startswith("sqlite")


def _value(item: Field[Any], found: Any) -> Any:
    """A text as its reader reads it; anything else is a value already."""
    read = item.metadata.get(READER)
    return read(found) if isinstance(found, str) and read is not None else found
