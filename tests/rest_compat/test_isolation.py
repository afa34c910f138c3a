"""Nothing of another team can be read, changed or followed: every id, on every route, and every
operation of the schema that takes an id."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

from graphql import GraphQLInputObjectType, get_named_type
from graphql import GraphQLNonNull as NonNull

from app.accounts.models import Role
from rest_compat.prefixed import PREFIXES
from rest_compat.routes import ROWS
from rest_compat.table import Route, Source
from schema import schema
from schema.ids import global_id
from tests.running import RunningServer
from tests.sliced import threemf

# Numbers of rows are tried up to this; the farm below has fewer of each kind.
MOST = 4
# Fields of one document.
AT_ONCE = 25
_ID = re.compile(r"\{[A-Za-z_]+\}")


async def _stock(server: RunningServer) -> set[str]:
    """One of everything, with names that nobody else may read; the UUIDs of what has one."""
    client = server.client()
    secret = "secret-of-ours"
    project = (await client.post("/api/v1/projects", json={"name": secret})).json()["id"]
    printer = {
        "name": secret,
        "ip_address": "127.0.0.1",
        "access_code": "12345678",
        "serial_number": "01P00A000000002",
        "mqtt_port": 1,
    }
    made = await client.post("/api/v1/printers", json=printer)
    assert made.status_code == 201
    archive = await client.post(
        "/api/v1/archives",
        files={"file": (f"{secret}.3mf", threemf(title=secret))},
        data={"project_id": str(project)},
    )
    assert archive.status_code == 201
    await client.post("/api/v1/queue", json={"archive_id": archive.json()["id"]})
    spool = {"material_type": "PLA", "color": secret, "diameter_mm": 1.75, "net_weight_grams": 1000}
    spooled = await client.post("/api/v1/spools", json=spool)
    assert spooled.status_code == 201, spooled.text
    for prefix in ("/api/v1", "/platform/v1", "/reference/v1"):
        hook = await client.post(f"{prefix}/webhooks", json={"url": "https://93.184.216.34/hook"})
        assert hook.status_code == 201
    deployed = await client.post(f"/platform/v1/projects/proj_{project}/deployments")
    assert deployed.status_code == 201
    await client.post(
        "/reference/v1/data/upload",
        data={"project_id": f"proj_{project}"},
        files={"file": (f"{secret}.csv", "material_type,color,net_weight_grams\nPLA,R,1\n")},
    )
    data = await server.graphql(
        """mutation { registerOAuthClient(input: {name: "secret-of-ours",
            redirectUris: ["https://a.example/"]}) { client { id } }
            createProduct(input: {name: "secret-of-ours", sku: "secret"}) {
                product { databaseId } userErrors { message } } }"""
    )
    return {
        spooled.json()["data"]["id"],
        deployed.json()["data"]["id"].removeprefix("deploy_"),
        data["createProduct"]["product"]["databaseId"],
    }


def _ids(path: str, uuids: set[str]) -> list[str]:
    """What a stranger would try in a path."""
    if path.startswith("/api/"):
        return [str(number) for number in range(1, MOST)] + sorted(uuids)
    found = [f"{prefix}_{number}" for prefix in PREFIXES.values() for number in range(1, MOST)]
    return found + [f"deploy_{uid.replace('-', '')}" for uid in sorted(uuids)]


async def test_every_id_on_every_route(server: RunningServer) -> None:
    """404 (or a refusal of the body, before anything is looked at), whatever is tried."""
    uuids = await _stock(server)
    stranger = server.client(await server.stranger())
    mine = {"/platform/v1/teams/{id}/members", "/platform/v1/teams/{id}/members/{userId}"}
    for row in ROWS:
        if not row.of(Source.PATH) or row.scope is None:
            continue
        for given in _ids(row.full_path, uuids):
            path = _ID.sub(given, row.full_path)
            body: Any = {} if row.of(Source.BODY) else None
            answer = await stranger.request(row.method, path, json=body)
            allowed = {404, 400, 415, 422} if row.of(Source.BODY) or row.of(Source.FORM) else {404}
            if row.full_path in mine and given == "team_2":
                continue  # the stranger's own team
            assert answer.status_code in allowed, (row.name, path, answer.text)
            assert "secret-of-ours" not in answer.text


async def test_every_list_and_export(server: RunningServer) -> None:
    """Whatever needs no id shows nothing of another team."""
    await _stock(server)
    stranger = server.client(await server.stranger())
    for row in ROWS:
        if row.method != "GET" or row.of(Source.PATH) or row.scope is None:
            continue
        for query in ("", "?format=csv", "?limit=100"):
            answer = await stranger.get(row.full_path + query)
            assert "secret-of-ours" not in answer.text, row.name
            if isinstance(row, Route) and query == "":
                assert answer.status_code == 200, row.name


async def test_every_operation_with_an_id(server: RunningServer) -> None:
    """Each root field and mutation that takes ids, with those of another team: nothing is found.

    Inputs get nothing but their ids, so a mutation that asks for more is refused for that.
    """
    uuids = await _stock(server)
    key = await server.stranger()
    before = await _everything(server)
    kinds = [name for name in schema.graphql.type_map if name[0].isupper()]
    ids = _global_ids(kinds, uuids)
    looked_up = 0
    for name, field in schema.graphql.query_type.fields.items():
        if "id" not in field.args or name == "nodes":
            continue
        answer = await _each(server, key, "query", name, "id", "ID!", "__typename", ids)
        assert set((answer.get("data") or {}).values()) <= {None}, (name, answer)
        looked_up += len(ids)
    assert looked_up > 50
    for name, field in schema.graphql.mutation_type.fields.items():
        kind = get_named_type(field.args["input"].type) if "input" in field.args else None
        if not isinstance(kind, GraphQLInputObjectType):
            continue
        inputs = [inner for inner, item in kind.fields.items() if _is_id(item.type)]
        needed = [inner for inner, item in kind.fields.items() if isinstance(item.type, NonNull)]
        if not inputs or set(needed) - set(inputs):
            continue
        given = [
            {inner: [gid] if "[" in str(kind.fields[inner].type) else gid for inner in inputs}
            for gid in ids
        ]
        answer_of = "userErrors { code }"
        await _each(server, key, "mutation", name, "input", f"{kind.name}!", answer_of, given)
    assert await _everything(server) == before


def _is_id(kind: Any) -> bool:
    return str(get_named_type(kind)) == "ID"


async def _each(
    server: RunningServer,
    key: str,
    operation: str,
    name: str,
    argument: str,
    kind: str,
    answer: str,
    values: list[Any],
) -> dict[str, Any]:
    """One root field asked for with each value, many in one document."""
    found: dict[str, Any] = {"data": {}}
    for first in range(0, len(values), AT_ONCE):
        some = dict(enumerate(values[first : first + AT_ONCE]))
        declared = ", ".join(f"$v{number}: {kind}" for number in some)
        fields = " ".join(
            f"a{first + number}: {name}({argument}: $v{number}) {{ {answer} }}" for number in some
        )
        variables = {f"v{number}": value for number, value in some.items()}
        told = await _ask(server, key, f"{operation}({declared}) {{ {fields} }}", variables)
        assert told.get("data"), told
        found["data"] |= told["data"]
    return found


def _global_ids(kinds: list[str], uuids: set[str]) -> list[str]:
    """The first row of every kind, and all there is of those with UUIDs."""
    numbered = [kind for kind in kinds if f"{kind}Connection" in kinds]
    numbered += ["Team", "User", "OAuthClient", "ApiKey", "Invitation"]
    found = [global_id(kind, 1) for kind in numbered]
    named = ("Spool", "Product", "ProductionRun")
    return found + [global_id(kind, UUID(uid)) for kind in named for uid in sorted(uuids)]


async def _ask(server: RunningServer, key: str, query: str, variables: Any) -> dict[str, Any]:
    answer = await server.client(key).post(
        "/graphql", json={"query": query, "variables": variables}
    )
    found: dict[str, Any] = answer.json()
    assert "secret-of-ours" not in answer.text
    return found


async def _everything(server: RunningServer) -> dict[str, Any]:
    """What the farm has, as its owner sees it."""
    return await server.graphql(
        """{ printers { nodes { id name } } archives { nodes { id name status } }
            projects { nodes { id name status updatedAt } } queue { nodes { id status } }
            spools { nodes { id color remainingWeight } } products { nodes { id name } }
            productionRuns { nodes { id status } } webhooks { nodes { id url active } }
            oauthClients { id revokedAt } viewer { apiKeys { id revokedAt } teams { name } } }"""
    )


async def test_a_subscription_hears_nothing_of_another_team(server: RunningServer) -> None:
    """What happens elsewhere is not told; what happens here is."""
    key = await server.member("a team of its own", Role.OWNER)
    async with server.subscription("subscription { farmEvents { type } }", key) as events:
        await server.client().post("/api/v1/projects", json={"name": "secret-of-ours"})
        made = asyncio.create_task(_spools(server, key))
        heard = await events.next()
        made.cancel()
        assert heard["farmEvents"]["type"] == "SPOOL_CREATED"


async def _spools(server: RunningServer, key: str) -> None:
    """One after the other: the first may be made before the subscription began."""
    make = """mutation { createSpool(input: {material: "PLA", color: "Red", netWeight: "1"}) {
        spool { id } } }"""
    while True:
        await server.graphql(make, key=key)
        await asyncio.sleep(0.2)
