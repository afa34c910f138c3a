"""The login and the key of the demo, made at its first start and kept beside its database."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field

import orjson

from app.settings import Settings

EMAIL = "demo@spoolgraph.example"
FILE = "demo-login.json"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Who signs in to the demo."""

    email: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)


def demo_login(settings: Settings) -> DemoLogin:
    """The login of the settings where they name one, else the stored one, else a new one."""
    path = settings.data_dir / FILE
    stored = orjson.loads(path.read_bytes()) if path.exists() else {}
    given = {
        "email": settings.admin_email,
        "password": settings.admin_password and settings.admin_password.reveal(),
        "api_key": settings.api_key and settings.api_key.reveal(),
    }
    made = {
        "email": EMAIL,
        "password": secrets.token_urlsafe(9),
        "api_key": f"sg_demo_{secrets.token_urlsafe(18)}",
    }
    login = DemoLogin(**{name: given[name] or stored.get(name) or made[name] for name in made})
    kept = {name: value for name, value in made.items() if not given[name]} | stored
    if kept != stored:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(kept))
    return login
