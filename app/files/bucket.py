"""Files in a bucket of S3 or of anything that speaks like it. Needs the extra `s3`."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.errors import NotFound, Unavailable
from app.files.storage import CHUNK
from app.settings import Settings


class BucketStorage:
    """Contents under a prefix of one bucket. Credentials that are not set come from the usual
    `AWS_…` variables or from the machine's role."""

    def __init__(self, settings: Settings) -> None:
        bucket, _, prefix = settings.files_url.removeprefix("s3://").partition("/")
        given: dict[str, Any] = {
            "endpoint": settings.s3_endpoint,
            "region": settings.s3_region,
            "access_key_id": _revealed(settings.s3_access_key_id),
            "secret_access_key": _revealed(settings.s3_secret_access_key),
        }
        plain = (settings.s3_endpoint or "").startswith("http://")
        self._store = S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            client_options={"allow_http": plain},
            retry_config={"max_retries": 3},
            **{name: value for name, value in given.items() if value},
        )

    async def put(self, key: str, path: Path) -> None:
        with _as_domain_error():
            await self._store.put_async(_place(key), path)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def chunks(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if start >= end:
            return
        with _as_domain_error():
            found = await self._store.get_async(_place(key), options={"range": (start, end)})
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        with tempfile.TemporaryDirectory(prefix="spoolgraph-") as folder:
            path = Path(folder) / key
            with _as_domain_error():
                found = await self._store.get_async(_place(key))
                with path.open("wb") as file:
                    async for chunk in found.stream(min_chunk_size=CHUNK):
                        await asyncio.to_thread(file.write, chunk)
            yield path

    async def delete(self, key: str) -> None:
        try:
            with _as_domain_error():
                await self._store.delete_async(_place(key))
        except NotFound:
            return

    async def contents(self) -> AsyncIterator[tuple[str, datetime]]:
        with _as_domain_error():
            async for page in self._store.list():
                for item in page:
                    yield item["path"].rpartition("/")[2], item["last_modified"]


def _place(key: str) -> str:
    return f"{key[:2]}/{key}"


def _revealed(secret: Any) -> str | None:
    return None if secret is None else str(secret.reveal())


@contextmanager
def _as_domain_error() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("The stored file is gone.") from None
    except (BaseError, OSError) as error:
        # Its words hold addresses and parts of requests: nothing for a client.
        raise Unavailable("The file storage is not available, try again later.") from error
