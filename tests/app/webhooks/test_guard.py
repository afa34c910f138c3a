"""No webhook is a way into private networks, however its address is written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.errors import Invalid
from app.webhooks.destinations import checked, parsed
from app.webhooks.guard import AddressRefused, Guard, NameUnknown, is_allowed, system_addresses

PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450::1")
PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.100",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
)
NEVER = (
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    """Always."""
    assert is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_ones_only_with_the_setting(address: str) -> None:
    """Loopback, private, shared and unique local addresses, also written as IPv6."""
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_never(address: str) -> None:
    """Link-local ones, where clouds tell secrets; reserved ones; ones that stand for others."""
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


async def test_one_bad_address_of_a_name_is_enough() -> None:
    """A name that also leads inside is refused; one without an address is unknown."""
    names = {"mixed.example": ["8.8.8.8", "10.0.0.1"], "empty.example": []}
    guard = Guard(allow_private=False, resolve=lambda host, _port: names[host])
    with pytest.raises(AddressRefused):
        await guard.addresses("mixed.example", 443)
    with pytest.raises(NameUnknown):
        await guard.addresses("empty.example", 443)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "0x7f.1", "2130706433", "127.1", "0177.0.0.1"]
)
async def test_every_spelling_of_this_machine_is_seen_through(host: str) -> None:
    """The system reads them all as the loopback, so the address decides and not the text."""
    guard = Guard(allow_private=False)
    with pytest.raises((AddressRefused, NameUnknown)):
        await guard.addresses(host, 80)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://example.com", "https://example.com/"),
        (" HTTPS://Example.com:443/a?b=c#d ", "https://example.com/a?b=c"),
        ("http://example.com:8080/x y".replace(" ", "%20"), "http://example.com:8080/x%20y"),
        ("https://bücher.example/ä?ö=ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC"),
        ("http://[2606:2800::1]:81/", "http://[2606:2800::1]:81/"),
        ("https://example.com?x", "https://example.com/?x"),
    ],
)
def test_addresses_are_written_one_way(given: str, written: str) -> None:
    """And reading what was written changes nothing."""
    assert parsed(given).url == written
    assert parsed(written) == parsed(given)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exa mple.com/",
        "https://example.com\\@10.0.0.1/",
        "https://example.com/\r\nHost: x",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://exa$mple.com/",
        "https://" + "a" * 2048,
        "https://\ud800.example/",
        "https://example.com/\ud800",
    ],
)
def test_what_is_no_address_is_refused_by_name(url: str) -> None:
    """The field is named; a password in it is not repeated."""
    with pytest.raises(Invalid) as refused:
        parsed(url)
    assert refused.value.field == "url"
    assert "secret" not in refused.value.message


async def test_a_private_endpoint_is_refused_when_it_is_given() -> None:
    """By address and by name, with the setting in the message; an unknown name may come later."""

    def resolve(host: str, port: int) -> Sequence[str]:
        if host == "later.example":
            raise OSError
        return ["10.0.0.7"] if host == "printer.example" else system_addresses(host, port)

    guard = Guard(allow_private=False, resolve=resolve)
    for url in ("http://127.0.0.1:9/", "http://[::1]/", "http://printer.example/hook"):
        with pytest.raises(Invalid, match="SPOOLGRAPH_ALLOW_PRIVATE_WEBHOOKS=on") as refused:
            await checked(guard, url)
        assert refused.value.field == "url"
    with pytest.raises(Invalid, match="never sent to"):
        await checked(guard, "http://169.254.169.254/latest/meta-data/")
    assert (await checked(guard, "https://later.example/")).url == "https://later.example/"
