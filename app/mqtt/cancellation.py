"""Working side by side without losing a cancellation.

On Python 3.11 and 3.12 a task group whose child fails in the moment of a cancellation raises only
the child's error, and leaves a mark of its own on the task that looks like a cancellation; and
``asyncio.wait_for`` may return its result instead of ending. Loops that go on after errors would
then never end.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_first_ends(*work: Coroutine[Any, Any, object]) -> None:
    """Run these until one of them ends, then end the others; its error is raised."""
    tasks = [asyncio.create_task(item) for item in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def raise_if_cancelled() -> None:
    """Raise ``CancelledError`` if this task's cancellation was requested and swallowed.

    Not for use around task groups (see above).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
