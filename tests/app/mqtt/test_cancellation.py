"""Work side by side, and loops that go on after errors but end when they are told to."""

import asyncio

import pytest

from app.mqtt.cancellation import raise_if_cancelled, until_first_ends


async def for_ever(ended):
    try:
        await asyncio.sleep(60)
    finally:
        ended.append(True)


async def fail():
    raise ValueError("this one")


async def test_the_first_error_ends_all_and_is_raised():
    """No group around it, and nobody left behind."""
    ended = []
    with pytest.raises(ValueError, match="this one"):
        await until_first_ends(for_ever(ended), fail(), for_ever(ended))
    # One of them had not even begun.
    assert len(ended) <= 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancellation_ends_a_loop_that_goes_on_after_errors():
    """A child fails in the moment in which the whole is cancelled."""
    began = asyncio.Event()

    async def child():
        try:
            began.set()
            await asyncio.sleep(60)
        finally:
            raise ValueError("just now")

    async def loop_for_ever():
        while True:
            try:
                await until_first_ends(child(), asyncio.sleep(60))
            except ValueError:
                raise_if_cancelled()

    task = asyncio.create_task(loop_for_ever())
    await began.wait()
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_error_alone_is_no_cancellation():
    """After an error a loop may go on."""
    with pytest.raises(ValueError, match="this one"):
        await until_first_ends(fail(), asyncio.sleep(60))
    raise_if_cancelled()
