"""Long work in short steps is not cut off by the time of an operation."""

from __future__ import annotations

import asyncio

import pytest

from schema.context import OPERATION_SECONDS, Context
from tests.running import RunningServer


async def test_each_step_has_the_time_of_an_operation(server: RunningServer) -> None:
    """What was nearly over is not while steps are made."""
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    context = Context(server.runtime, viewer, "req_test")
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(OPERATION_SECONDS / 2) as context.patience:
        for _ in range(2):
            began = loop.time()
            async with context.step():
                pass
            ends = context.patience.when()
            assert ends is not None
            assert began + OPERATION_SECONDS <= ends <= loop.time() + OPERATION_SECONDS


async def test_removing_a_project_goes_on_in_steps(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation hands its time to what it runs."""
    made = await server.graphql(
        'mutation { createProject(input: {name: "Long"}) { project { id } } }'
    )
    project = made["createProject"]["project"]["id"]
    steps = []
    plain = Context.go_on

    def go_on(context: Context) -> None:
        steps.append(context.patience)
        plain(context)

    monkeypatch.setattr(Context, "go_on", go_on)
    await server.graphql(
        "mutation($id: ID!) { deleteProject(input: {id: $id}) { deletedId } }", {"id": project}
    )
    assert len(steps) == 2  # the one batch, which finds nothing, and the removal
    assert None not in steps
