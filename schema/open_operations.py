"""Operations that need no credential: signing in, signing up, a forgotten password."""

from graphql import FieldNode, OperationDefinitionNode
from starlette.requests import Request
from strawberry.types.graphql import OperationType

from app.accounts.models import Role
from app.accounts.viewer import Viewer
from schema.documents import kind_of

FIELDS = frozenset(
    {
        "signIn",
        "refreshSignIn",
        "signOut",
        "signUp",
        "requestPasswordReset",
        "resetPassword",
    }
)
# Who has shown no credential cannot make the server read long documents.
MAX_CHARACTERS = 5_000


def may_be_open(query: str) -> bool:
    """Whether a text is worth reading as an open operation."""
    return len(query) <= MAX_CHARACTERS and any(name in query for name in FIELDS)


def is_open(operation: OperationDefinitionNode | None) -> bool:
    """True for a mutation that asks for one open field and nothing beside it."""
    if operation is None or kind_of(operation) is not OperationType.MUTATION:
        return False
    selected = operation.selection_set.selections
    field = selected[0]
    return len(selected) == 1 and isinstance(field, FieldNode) and field.name.value in FIELDS


def carries_credential(request: Request) -> bool:
    """Whether a credential was sent, good or bad."""
    return "x-api-key" in request.headers or "authorization" in request.headers


def nobody(address: str) -> Viewer:
    """A viewer that may do nothing."""
    return Viewer(
        team_id=0,
        user_id=0,
        role=Role.VIEWER,
        scopes=frozenset(),
        credential=f"address:{address}",
    )
