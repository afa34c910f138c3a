"""What an operation selects of an object: its fields, merged, in the order of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from app.records import record

Fields = dict[str, list[FieldNode]]
_STEERING = (GraphQLSkipDirective.name, GraphQLIncludeDirective.name)


@record
class Selector:
    """Collects the fields of selections in one document, for given values of steering variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    steering: Mapping[str, Any]

    @classmethod
    def of(
        cls, schema: GraphQLSchema, document: DocumentNode, steering: Mapping[str, Any]
    ) -> Selector:
        """The selector of a document."""
        fragments = {
            item.name.value: item
            for item in document.definitions
            if isinstance(item, FragmentDefinitionNode)
        }
        return cls(schema, fragments, steering)

    def fields(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Fields:
        """The fields below these nodes, which are merged into one selection."""
        found: Fields = {}
        visited: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(kind, node.selection_set, found, visited)
        return found

    def root(self, kind: GraphQLObjectType, operation: OperationDefinitionNode) -> Fields:
        """The root fields of an operation."""
        found: Fields = {}
        self._collect(kind, operation.selection_set, found, set())
        return found

    def _collect(
        self,
        kind: GraphQLObjectType,
        selection: SelectionSetNode,
        found: Fields,
        visited: set[str],
    ) -> None:
        for node in selection.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self._applies(node, kind):
                    self._collect(kind, node.selection_set, found, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment, kind):
                    self._collect(kind, fragment.selection_set, found, visited)

    def _applies(
        self, node: InlineFragmentNode | FragmentDefinitionNode, kind: GraphQLObjectType
    ) -> bool:
        condition = node.type_condition
        if condition is None or condition.name.value == kind.name:
            return True
        named = self.schema.get_type(condition.name.value)
        return (
            named is not None and is_abstract_type(named) and self.schema.is_sub_type(named, kind)
        )

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value not in _STEERING:
                continue
            (argument,) = directive.arguments
            value = argument.value
            yes = (
                self.steering[value.name.value] if isinstance(value, VariableNode) else value.value
            )
            if yes is (directive.name.value == GraphQLSkipDirective.name):
                return False
        return True


def steering_variables(document: DocumentNode) -> frozenset[str]:
    """The variables that decide what is included or skipped anywhere in the document."""
    return frozenset(_steering(document))


def _steering(node: Any) -> Iterator[str]:
    selection = getattr(node, "selection_set", None)
    below = selection.selections if selection is not None else getattr(node, "definitions", ())
    for directive in getattr(node, "directives", None) or ():
        for argument in directive.arguments if directive.name.value in _STEERING else ():
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value
    for item in below:
        yield from _steering(item)
