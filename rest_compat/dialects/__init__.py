"""The documented REST APIs: how each writes errors, and what it allows."""

from __future__ import annotations

from collections.abc import Mapping

from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.dialects.platform import PLATFORM
from rest_compat.dialects.reference import REFERENCE
from rest_compat.table import Dialect

# What answers for a path that no row serves, by how the path begins.
OF_PREFIX: Mapping[str, Dialect] = {
    dialect.prefix: dialect for dialect in (BAMBUDDY, PLATFORM, REFERENCE)
}
