"""One frozen settings object, read from `SPOOLGRAPH_*` environment variables."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.rates import rates

ENV_PREFIX = "SPOOLGRAPH_"
_DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}


# Dialects that were written for a host of their own, where they answer at /v1.
HOSTED_DIALECTS = ("platform", "reference")
_MAIL_SCHEMES = {"smtp", "smtp+starttls", "smtps"}


class SettingsError(Exception):
    """A setting has a value that cannot be used. The message names the variable, never a secret."""


def _not_blank(value: SecretStr | None) -> SecretStr | None:
    return value if value is not None and value.get_secret_value() else None


OptionalSecret = Annotated[SecretStr | None, AfterValidator(_not_blank)]


class Settings(BaseSettings):
    """Everything an operator can change, documented in the table of the README."""

    # An empty variable is one that is not set: that is how Compose passes on what nobody gave.
    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path("data")
    database_url: str = ""
    broadcast_url: str = "memory://"
    mqtt_url: OptionalSecret = None
    secret_key: OptionalSecret = None
    admin_email: str | None = None
    admin_password: OptionalSecret = None
    api_key: OptionalSecret = None
    rate_limits: str = "on"
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    public_url: str | None = None
    signup: Literal["on", "off"] = "off"
    smtp_url: OptionalSecret = None
    mail_from: str | None = None
    dialect_hosts: str = ""
    plans: Literal["on", "off"] = "on"
    documents: Literal["any", "trusted"] = "any"
    documents_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    printer_ca_file: Path | None = None
    print_start_seconds: float | None = Field(default=None, ge=1, le=3600)
    shutdown_seconds: float = Field(default=3.0, ge=0, le=60)
    files_url: str = ""
    max_file_mb: int = Field(default=512, ge=1, le=100_000)
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key_id: OptionalSecret = None
    s3_secret_access_key: OptionalSecret = None
    allow_private_webhooks: Literal["on", "off"] = "off"
    offline_seconds: float = Field(default=60.0, ge=0, le=86_400)

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """Read the environment; raises `SettingsError` with one sentence per bad variable."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(_sentences(error)) from None

    @field_validator(
        "log_level",
        "rate_limits",
        "log_format",
        "allow_private_webhooks",
        "signup",
        "plans",
        "documents",
        mode="before",
    )
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("files_url")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        if value and not re.fullmatch(r"s3://[^/]+(/.*)?", value):
            raise ValueError("must be s3://bucket or s3://bucket/prefix")
        return value

    @field_validator(
        "admin_email",
        "public_url",
        "mail_from",
        "printer_ca_file",
        "documents_file",
        "s3_endpoint",
        "s3_region",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("rate_limits")
    @classmethod
    def _known_limits(cls, value: str) -> str:
        if value not in ("on", "off"):
            for _name, limit in _pairs(value):
                try:
                    rates(limit)
                except ValueError:
                    raise ValueError(
                        "must be on, off, or changes such as platform.pro=2000/hour"
                    ) from None
        return value or "on"

    @field_validator("dialect_hosts")
    @classmethod
    def _known_dialects(cls, value: str) -> str:
        for host, dialect in _pairs(value):
            if not host or dialect not in HOSTED_DIALECTS:
                known = ", ".join(HOSTED_DIALECTS)
                raise ValueError(f"must be host=dialect,host=dialect with one of {known}")
        return value

    @field_validator("broadcast_url")
    @classmethod
    def _known_broadcast(cls, value: str) -> str:
        value = value or "memory://"
        if value.split("://")[0] not in {"memory", "redis", "rediss"}:
            raise ValueError("must begin with memory://, redis:// or rediss://")
        return value

    @field_validator("mqtt_url")
    @classmethod
    def _known_broker(cls, value: SecretStr | None) -> SecretStr | None:
        if value and value.get_secret_value().split("://")[0] not in {"mqtt", "mqtts"}:
            raise ValueError("must begin with mqtt:// or mqtts://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value and value.get_secret_value().split("://")[0] not in _MAIL_SCHEMES:
            raise ValueError("must begin with smtp://, smtp+starttls:// or smtps://")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and value.split("://")[0].split("+")[0] not in _DRIVERS:
            raise ValueError("must begin with sqlite:// or postgresql://")
        return value

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
        return {} if self.rate_limits in ("on", "off") else dict(_pairs(self.rate_limits))

    @property
    def hosts(self) -> dict[str, str]:
        """The dialect that a host serves at `/v1`, by its name in lower case."""
        return dict(_pairs(self.dialect_hosts))

    @property
    def embedded_database(self) -> bool:
        """True on SQLite, where this process is the only server and migrates by itself."""
        return self.sqlalchemy_url.startswith("sqlite")


def _pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of `name=value,name=value`; a part without a name has an empty one."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, value = part.rpartition("=")
        found.append((name.strip().lower(), value.strip().lower()))
    return found


def _sentences(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        name = ENV_PREFIX + "_".join(str(part) for part in item["loc"][:1]).upper()
        lines.append(f"{name}: {item['msg'].removeprefix('Value error, ')}.")
    return "\n".join(lines)
