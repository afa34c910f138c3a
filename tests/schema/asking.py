"""Mutations by their name and input, and what they refuse."""

from __future__ import annotations

from typing import Any

from tests.running import RunningServer

ERRORS = "userErrors { code message field }"


async def change(
    server: RunningServer, name: str, answer: str, key: str | None = None, /, **given: Any
) -> dict[str, Any]:
    """The payload of a mutation whose input is `given`."""
    kind = name[0].upper() + name[1:] + "Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {answer} {ERRORS} }} }}"
    data = await server.graphql(query, {"input": given}, key=key or server.key)
    payload: dict[str, Any] = data[name]
    return payload


async def refused(
    server: RunningServer, name: str, key: str | None = None, /, **given: Any
) -> tuple[str, list[str] | None]:
    """Code and field of the only refusal of a mutation."""
    (error,) = (await change(server, name, "__typename", key, **given))["userErrors"]
    assert error["message"].endswith(".")
    return error["code"], error["field"]


async def archive_named(server: RunningServer, name: str) -> dict[str, Any]:
    """Everything about the only archive that is found by this name."""
    query = """query($name: String!) { archives(filter: {search: $name}) { nodes {
        id databaseId name filename status printer { name } project { name } createdAt startedAt
        completedAt duration progress filamentUsed filamentType cost failureReason notes tags
        filaments { material color grams spool { color } } hasFile fileUrl } } }"""
    (node,) = (await server.graphql(query, {"name": name}))["archives"]["nodes"]
    found: dict[str, Any] = node
    return found
