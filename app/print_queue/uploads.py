"""How much of a file has reached its printer, whichever process sends it."""

from __future__ import annotations

from collections import OrderedDict

import orjson

from app.events import QueueItemUploading
from app.hub import EVENT, Hub, Message

# More uploads than that are never under way at once; what was left behind falls out.
BOUND = 1_000


class LiveUploads:
    """One per process, filled by the events of all."""

    def __init__(self, hub: Hub) -> None:
        self._progress: OrderedDict[int, int] = OrderedDict()
        hub.listen(EVENT, self._hear)

    def progress(self, item_id: int) -> int | None:
        """Percent of the file that the printer has, None when nothing was heard."""
        return self._progress.get(item_id)

    def _hear(self, message: Message) -> None:
        if message.key != QueueItemUploading.kind:
            return
        body = orjson.loads(message.body)
        self._progress[body["queue_item_id"]] = body["progress"]
        self._progress.move_to_end(body["queue_item_id"])
        while len(self._progress) > BOUND:
            self._progress.popitem(last=False)
