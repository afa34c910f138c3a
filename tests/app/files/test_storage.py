"""The storages: a folder and a bucket keep, give and remove bytes in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.errors import NotFound, Unavailable
from app.files.storage import Storage, open_storage
from app.settings import Settings, SettingsError
from tests.services import free_port

CONTENT = bytes(range(256)) * 2000


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A server that speaks S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _bucket(endpoint: str) -> Settings:
    import boto3

    name = f"files-{uuid4().hex[:8]}"
    boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    ).create_bucket(Bucket=name)
    return Settings(
        files_url=f"s3://{name}/farm",
        s3_endpoint=endpoint,
        s3_region="us-east-1",
        s3_access_key_id="key",
        s3_secret_access_key="secret",
    )


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(Settings(data_dir=tmp_path / "data"))
    return open_storage(_bucket(request.getfixturevalue("s3_endpoint")))


async def _read(storage: Storage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.chunks(key, start, end)])


async def test_bytes_come_back_whole_and_in_parts(storage: Storage, tmp_path: Path) -> None:
    """A kept file is used up, listed once, and read from any byte to any byte."""
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    await storage.put("abcdef-1", source)
    assert not source.exists()
    assert await _read(storage, "abcdef-1", 0, len(CONTENT)) == CONTENT
    assert await _read(storage, "abcdef-1", 300_001, 300_011) == CONTENT[300_001:300_011]
    assert await _read(storage, "abcdef-1", 5, 5) == b""
    async with storage.local("abcdef-1") as path:
        assert path.read_bytes() == CONTENT
    assert [key async for key, _ in storage.contents()] == ["abcdef-1"]


async def test_what_is_removed_is_gone(storage: Storage, tmp_path: Path) -> None:
    """Removing twice is no error; reading what is gone is `NotFound`."""
    source = tmp_path / "source"
    source.write_bytes(b"x")
    await storage.put("abcdef-1", source)
    await storage.delete("abcdef-1")
    await storage.delete("abcdef-1")
    assert [key async for key, _ in storage.contents()] == []
    with pytest.raises(NotFound):
        await _read(storage, "abcdef-1", 0, 1)
    with pytest.raises(NotFound):
        async with storage.local("abcdef-1"):
            pass


async def test_a_bucket_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """The answer tells nothing of addresses or requests."""
    storage = open_storage(
        Settings(
            files_url="s3://nowhere",
            s3_endpoint=f"http://127.0.0.1:{free_port()}",
            s3_region="us-east-1",
            s3_access_key_id="key",
            s3_secret_access_key="secret",
        )
    )
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(Unavailable) as refused:
        await storage.put("abcdef-1", source)
    assert refused.value.message == "The file storage is not available, try again later."
    assert source.exists()


def test_a_bucket_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The operator reads one sentence, at the start."""
    import sys

    monkeypatch.setitem(sys.modules, "obstore.store", None)
    monkeypatch.delitem(sys.modules, "app.files.bucket", raising=False)
    with pytest.raises(SettingsError, match=r"install spoolgraph\[s3\]"):
        open_storage(Settings(files_url="s3://bucket"))


def test_an_address_that_is_no_bucket_is_refused() -> None:
    """The setting is named."""
    with pytest.raises(SettingsError, match="s3://bucket"):
        Settings(files_url="ftp://bucket")
