"""Documents that clients name instead of sending them.

Trusted documents stand in a file of the operator's and are known from the start. Automatic ones
(APQ) are known once somebody signed in has sent the text together with its hash.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson

from app import pages
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.settings import ENV_PREFIX, Settings, SettingsError
from schema.limits import NUL_REFUSED

BY_HASH = "sha256:"
NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
# Clients look for this very message before they send the text.
NOT_FOUND_WORDS = "PersistedQueryNotFound"
MAX_AUTOMATIC = 1_000
MAX_CHARACTERS = 1_000_000
# The wall display that comes with the server.
OWN = Path(pages.__file__).parent / "documents"


class Named(Protocol):
    """A request for an operation: its text, or what names it."""

    query: str | None
    document_id: str | None
    extensions: dict[str, Any] | None


class Unknown(Exception):
    """There is no such document here; `status` and `code` say how that is answered."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class KnownDocuments:
    """Finds the text of a request. With `only`, texts that are not trusted need `Scope.ADMIN`."""

    def __init__(self, trusted: Mapping[str, str], *, only: bool = False) -> None:
        self._trusted = dict(trusted)
        self._trusted |= {BY_HASH + hash_of(text): text for text in trusted.values()}
        self._texts = frozenset(trusted.values())
        self._only = only
        self._automatic: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    @classmethod
    def of(cls, settings: Settings) -> KnownDocuments:
        """Those of the settings; raises `SettingsError` for a file that cannot be used."""
        own = {path.stem: path.read_text(encoding="utf-8").strip() for path in OWN.iterdir()}
        given = {} if settings.documents_file is None else _in_file(settings.documents_file)
        return cls(own | given, only=settings.documents == "trusted")

    def text(self, asked: Named, viewer: Viewer | None) -> str:
        """The text of the asked document; raises `Unknown`."""
        name = asked.document_id or _persisted(asked.extensions)
        text = asked.query
        if text is None:
            text = self._named(name, automatic=asked.document_id is None)
        elif name is not None and name.removeprefix(BY_HASH) != hash_of(text):
            raise Unknown("The hash is not that of the query.", 400, "BAD_REQUEST")
        # Also what is known by its hash: somebody who may send any text made it known.
        if self._refuses(text, viewer):
            raise Unknown("Only trusted documents are answered here.", 403, NOT_TRUSTED)
        if name is not None and viewer is not None and name not in self._trusted:
            self._remember(name, text)
        return text

    def _named(self, name: str | None, *, automatic: bool) -> str:
        name = name or ""
        if name in self._trusted:
            return self._trusted[name]
        if name in self._automatic:
            self._automatic.move_to_end(name)
            return self._automatic[name]
        if automatic:
            raise Unknown(NOT_FOUND_WORDS, 200, NOT_FOUND)
        raise Unknown("There is no document of this id.", 404, NOT_FOUND)

    def _refuses(self, text: str, viewer: Viewer | None) -> bool:
        if not self._only or viewer is None or text.strip() in self._texts:
            return False
        return Scope.ADMIN not in viewer.scopes

    def _remember(self, name: str, text: str) -> None:
        if len(text) > MAX_CHARACTERS // 10 or name in self._automatic:
            return
        self._automatic[name] = text
        self._characters += len(text)
        while len(self._automatic) > MAX_AUTOMATIC or self._characters > MAX_CHARACTERS:
            _, forgotten = self._automatic.popitem(last=False)
            self._characters -= len(forgotten)


def hash_of(text: str) -> str:
    """The SHA-256 of a document, in hexadecimal digits."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _persisted(extensions: Mapping[str, Any] | None) -> str | None:
    """What `extensions.persistedQuery` names, as Apollo's clients write it."""
    given = (extensions or {}).get("persistedQuery")
    found = given.get("sha256Hash") if isinstance(given, dict) else None
    return BY_HASH + found.lower() if isinstance(found, str) else None


def _in_file(path: Path) -> dict[str, str]:
    """The documents of a manifest: ids and texts, or what Apollo's tools generate."""
    wrong = f"{ENV_PREFIX}DOCUMENTS_FILE"
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{wrong}: {path} cannot be read ({error.strerror}).") from None
    except orjson.JSONDecodeError:
        raise SettingsError(f"{wrong}: {path} is not JSON.") from None
    if isinstance(found, dict) and isinstance(found.get("operations"), list):
        found = {
            str(item.get("id")): item.get("body")
            for item in found["operations"]
            if isinstance(item, dict)
        }
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise SettingsError(f"{wrong}: {path} must hold ids and texts of documents.")
    if any("\0" in text for text in found.values()):
        raise SettingsError(f"{wrong}: {NUL_REFUSED}")
    return {name: text.strip() for name, text in found.items()}
