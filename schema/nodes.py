"""The interface of everything that has a global id."""

import strawberry

from schema.fields import about


@strawberry.interface(description="Something with a global id.")
class Node:
    id: strawberry.ID = about("Opaque global id, the same for ever.")
