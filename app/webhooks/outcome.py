"""What becomes of an attempt to hand a message to an endpoint."""

from __future__ import annotations

from app.records import record


@record
class Outcome:
    """What became of an attempt. Without an answer `error` says why; times in milliseconds."""

    milliseconds: int
    status: int | None = None
    excerpt: str | None = None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the endpoint took the message: any 2xx."""
        return self.status is not None and 200 <= self.status < 300
