"""Mutations written by hand: what they answer when they succeed, are refused, fail, or are wrong.

They are run in this order, so that each finds what those before it have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.schema.plans.random_operations import Operation

Ids = Callable[[str], list[str]]

_ERRORS = "userErrors { code message field }"
_SPOOL = "material brand color netWeight remainingWeight spoolWeight lowStock costPerGram"
DEDUCT = f"""mutation($input: DeductSpoolInput!) {{
    deductSpool(input: $input) {{ spool {{ id {_SPOOL} }} deducted {_ERRORS} }} }}"""
ADD = f"""mutation($input: AddToSpoolInput!) {{
    addToSpool(input: $input) {{ spool {{ id {_SPOOL} }} {_ERRORS} }} }}"""
UPDATE = f"""mutation($input: UpdateSpoolInput!) {{
    updateSpool(input: $input) {{ spool {{ id {_SPOOL} notes }} {_ERRORS} }} }}"""
CREATE = f"""mutation($input: CreateSpoolInput!) {{
    createSpool(input: $input) {{ spool {{ {_SPOOL} purchaseDate diameter }} {_ERRORS} }} }}"""
DELETE = f"mutation($id: ID!) {{ deleteSpool(input: {{id: $id}}) {{ deletedId {_ERRORS} }} }}"
TWICE = f"""mutation($a: DeductSpoolInput!, $b: DeductSpoolInput!) {{
    __typename
    first: deductSpool(input: $a) {{ ...Payload }}
    second: deductSpool(input: $b) {{ ... on DeductSpoolPayload {{ ...Payload __typename }} }} }}
    fragment Payload on DeductSpoolPayload {{ spool {{ remainingWeight }} deducted {_ERRORS} }}"""
STEERED = """mutation($input: DeductSpoolInput!, $yes: Boolean! = true, $no: Boolean = false) {
    deductSpool(input: $input) {
        spool @include(if: $yes) { id material @skip(if: $yes) } deducted @include(if: $no)
    }
    left: deductSpool(input: $input) @skip(if: $yes) { deducted } }"""
PROJECT = f"""mutation($input: CreateProjectInput!) {{ createProject(input: $input) {{
    project {{ id databaseId name description color status targetCount settings }}
    {_ERRORS} }} }}"""
PRINTER = f"""mutation($input: AddPrinterInput!) {{ addPrinter(input: $input) {{
    printer {{ id name model serialNumber ipAddress mqttPort trust }} {_ERRORS} }} }}"""


def planned(own: Ids, foreign: Ids) -> Iterator[Operation]:
    """Mutations that plans run and answer."""
    for number, spool in enumerate(own("Spool")):
        grams = (0.5, 1, 100000, "0.001", 0, -1, 1e7)[number % 7]
        yield Operation(DEDUCT, {"input": {"id": spool, "weightGrams": grams, "reason": "test"}})
        yield Operation(ADD, {"input": {"id": spool, "weightGrams": grams, "type": "PURCHASE"}})
    first, second, *_rest = own("Spool")
    for spool in (*foreign("Spool"), "nonsense", own("Printer")[0]):
        yield Operation(DEDUCT, {"input": {"id": spool, "weightGrams": 1}})
        yield Operation(UPDATE, {"input": {"id": spool, "notes": "theirs"}})
        yield Operation(DELETE, {"id": spool})
    for kind in ("USAGE", "WASTE", "PURCHASE"):
        yield Operation(DEDUCT, {"input": {"id": first, "weightGrams": 0.001, "type": kind}})
    yield Operation(DEDUCT, {"input": {"id": first, "weightGrams": 1, "reason": "x" * 501}})
    yield Operation(DEDUCT, {"input": {"id": first, "weightGrams": 1, "reason": None}})
    for changes in ({"remainingWeight": 7, "reason": "weighed"}, {"notes": None}, {"color": ""}):
        yield Operation(UPDATE, {"input": {"id": first, **changes}})
    new: dict[str, Any] = {"material": "PLA", "color": "red", "netWeight": 1000}
    for more in ({}, {"purchaseDate": "2026-01-31", "diameter": "2.85"}, {"colorHex": "red"}):
        yield Operation(CREATE, {"input": new | more})
    spools = [{"id": spool, "weightGrams": 1} for spool in (first, second)]
    yield Operation(TWICE, {"a": spools[0], "b": spools[1]})
    yield Operation(TWICE, {"a": spools[0] | {"id": "none"}, "b": spools[1]})
    yield Operation(STEERED, {"input": spools[0]})
    yield Operation(STEERED, {"input": spools[0], "yes": False, "no": True})
    yield Operation(
        f'mutation {{ deductSpool(input: {{id: "{first}", weightGrams: "1.5", type: WASTE}}) '
        "{ deducted } }"
    )
    yield Operation("mutation { __typename }")
    yield Operation(PROJECT, {"input": {"name": "A vase", "targetCount": 3}})
    yield Operation(PROJECT, {"input": {"name": "", "color": "blue"}})
    yield Operation(PRINTER, {"input": {"name": "New", "serialNumber": "00M00A000000001"}})
    yield Operation(PRINTER, {"input": {"name": "New", "serialNumber": "00M00A000000001"}})


def resolved(own: Ids) -> Iterator[Operation]:
    """Mutations that graphql-core answers: they are wrong, or select what has to be looked up."""
    spool = own("Spool")[0]
    yield Operation(DEDUCT, {})
    yield Operation(DEDUCT, {"input": {"id": spool}})
    yield Operation(DEDUCT, {"input": {"id": spool, "weightGrams": "much"}})
    yield Operation(DEDUCT, {"input": {"id": spool, "weightGrams": 1, "type": "GIFT"}})
    yield Operation(
        """mutation($input: DeductSpoolInput!) { deductSpool(input: $input) {
            spool { remainingWeight loadedIn { slot } transactions { totalCount } } } }""",
        {"input": {"id": spool, "weightGrams": 1}},
    )
    yield Operation(
        "mutation($g: Grams = 1) { deductSpool(input: {"
        f'id: "{spool}", weightGrams: $g}}) {{ deducted }} }}',
        {"g": None},
    )


def failing(own: Ids) -> Iterator[Operation]:
    """Mutations of which the second part fails, after the first was done."""
    first, second, *_rest = own("Spool")
    yield Operation(
        """mutation($a: DeductSpoolInput!, $b: DeleteSpoolInput!) {
            a: deductSpool(input: $a) { spool { id remainingWeight } deducted }
            b: deleteSpool(input: $b) { deletedId }
            c: deductSpool(input: $a) { deducted } }""",
        {"a": {"id": first, "weightGrams": 2}, "b": {"id": second}},
    )
