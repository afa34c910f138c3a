"""Applications that act for people."""

from datetime import datetime

import strawberry

from app.oauth import models
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node


@strawberry.type(description="An application that people can let act for them (OAuth 2.0).")
class OAuthClient(Node):
    client_id: str = about("How it names itself.")
    name: str = about("What people read when it asks them.")
    public: bool = about("Whether it has no secret and so needs PKCE.")
    redirect_uris: list[str] = about("Where people may be sent back to, exactly.")
    created_at: datetime = about("When it was registered.")
    revoked_at: datetime | None = about("When it was taken back.")

    @classmethod
    def of(cls, row: models.OAuthClient) -> "OAuthClient":
        return cls(
            id=global_id("OAuthClient", row.id),
            client_id=row.client_id,
            name=row.name,
            public=row.secret_hash is None,
            redirect_uris=row.redirect_uris,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
