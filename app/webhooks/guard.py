"""Which addresses a webhook may reach: this server must not become a way into private networks.

A name is resolved once per attempt, every address it has must be allowed, and the connection goes
to one of exactly these addresses.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

# Resolving waits in threads of its own: a name server that does not answer holds up no others.
_THREADS = 32
# What `allow_private` opens: loopback, private and shared address space, unique local addresses.
_PRIVATE = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
# Addresses that `is_global` lets through on some Python, and ones that stand for another address.
_NEVER = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)

Resolve = Callable[[str, int], Sequence[str]]


class AddressRefused(Exception):
    """A name leads to an address that webhooks must not reach.

    `private` is whether a setting would allow it.
    """

    def __init__(self, host: str, *, private: bool) -> None:
        super().__init__(
            f"{host} is inside a private network, where webhooks are only sent with "
            "SPOOLGRAPH_ALLOW_PRIVATE_WEBHOOKS=on."
            if private
            else f"{host} has an address that webhooks are never sent to."
        )


class NameUnknown(Exception):
    """A name has no address now."""


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Whether webhooks may go to this IP address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if _within(parsed, _PRIVATE):
        return allow_private
    return parsed.is_global and not parsed.is_multicast and not _within(parsed, _NEVER)


def _within(
    address: IPv4Address | IPv6Address, networks: Sequence[IPv4Network | IPv6Network]
) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, in the order it prefers. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Guard:
    """One per process. `resolve` blocks and runs in a thread."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = system_addresses) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook-names")

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, all of them allowed.

        Raises `AddressRefused` when one of them is not, `NameUnknown` when there is none.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise NameUnknown(f"{host} cannot be resolved.") from error
        if not found:
            raise NameUnknown(f"{host} has no address.")
        if not all(is_allowed(item, allow_private=self._allow_private) for item in found):
            private = all(is_allowed(item, allow_private=True) for item in found)
            raise AddressRefused(host, private=private)
        return found

    def close(self) -> None:
        """Wait for no resolver any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
