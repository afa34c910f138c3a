"""Arguments of mutations are read as graphql-core and Strawberry read them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    OperationDefinitionNode,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    parse,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from strawberry.types.arguments import convert_arguments

from schema import schema
from schema.plans.arguments import DEFINITION
from schema.plans.coercion import Coercion
from schema.plans.inputs import Inputs
from schema.plans.sources import Unplannable

ROUNDS = 60
ODD = (None, True, 0, -1, 1.5, 2**31, "", "x", "1.5", "2026-01-31", "2026-01-31T00:00:00Z", [], {})
FIELDS: dict[str, GraphQLField] = (
    dict(schema.graphql.mutation_type.fields) if schema.graphql.mutation_type else {}
)


def _value(kind: Any, dice: Random) -> Any:
    """A value for a type, seldom one that is wrong."""
    if dice.random() < 0.04:
        return dice.choice(ODD)
    if is_non_null_type(kind):
        return _value(kind.of_type, dice)
    if dice.random() < 0.1:
        return None
    if is_list_type(kind):
        if dice.random() < 0.1:
            return _value(kind.of_type, dice)
        return [_value(kind.of_type, dice) for _ in range(dice.randrange(3))]
    if is_input_object_type(kind):
        given = {
            name: _value(field.type, dice)
            for name, field in kind.fields.items()
            if dice.random() < (0.97 if is_non_null_type(field.type) else 0.6)
        }
        return given | ({"unknown": 1} if dice.random() < 0.03 else {})
    if is_enum_type(kind):
        return dice.choice([*kind.values, "NOTHING"])
    plain = {"Int": 7, "Float": 2.5, "Boolean": True, "String": "text", "ID": "U3Bvb2w6MQ=="}
    return plain.get(get_named_type(kind).name, dice.choice(ODD))


def _sent(values: VariableValues) -> dict[str, Any]:
    return {name: source.value for name, source in values.sources.items()}


@pytest.mark.parametrize("name", FIELDS)
def test_arguments_of_a_mutation(name: str) -> None:
    """Random variables give the same arguments, or are refused by both."""
    field, dice = FIELDS[name], Random(name)  # noqa: S311 - it decides what to try
    variables = ", ".join(f"${arg}: {given.type}" for arg, given in field.args.items())
    passed = ", ".join(f"{arg}: ${arg}" for arg in field.args)
    text = f"mutation({variables}) {{ {name}({passed}) }}" if passed else f"mutation {{ {name} }}"
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    definitions = operation.variable_definitions or ()
    coercion, inputs = Coercion(schema.graphql, definitions), Inputs(schema.graphql, field)
    for _ in range(ROUNDS):
        given = {arg: _value(argument.type, dice) for arg, argument in field.args.items()}
        expected = get_variable_values(schema.graphql, definitions, given)
        if isinstance(expected, list):
            with pytest.raises(Unplannable):
                coercion.read(given)
            continue
        found = coercion.read(given)
        assert found.coerced == expected.coerced
        assert _sent(found) == _sent(expected)
        arguments = get_argument_values(field, node, found)  # type: ignore[arg-type]
        try:
            wanted = convert_arguments(
                arguments,
                field.extensions[DEFINITION].arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
            )
        except Exception:
            with pytest.raises(Unplannable):
                inputs.read(arguments)
            continue
        assert inputs.read(arguments) == wanted
