"""The client packages run what the documents show, with only the package name changed."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

from tests.running import RunningServer
from tests.services import missing

CLIENTS = Path(__file__).parents[2] / "clients"
PYTHON = """
from spoolgraph_api import YourAppClient

client = YourAppClient(api_key='key-of-the-tests')

# List projects
projects = client.projects.list()

# Create a project
project = client.projects.create(
    name='My Project',
    template='blank'
)

# Deploy a project
deployment = client.deployments.create(project.id)
"""
PYTHON_AFTER = """
from spoolgraph_api import ApiError
assert list(projects) == [] and projects.pagination.total == 0
assert project.name == 'My Project' and project.visibility == 'private'
assert deployment.project_id == project.id and deployment.status == 'success'
assert client.deployments.get(deployment.id).completed_at is not None
assert [item.id for item in client.deployments.list(project.id)] == [deployment.id]
assert client.projects.get(project.id).deployments.latest.status == 'success'
assert client.projects.update(project.id, status='archived').status == 'archived'
assert [item.id for item in client.projects.list(status='archived')] == [project.id]
team = client.teams.list()[0]
assert client.teams.members(team.id)[0].role == 'owner'
try:
    client.projects.create(name='')
except ApiError as error:
    assert (error.status, error.code) == (422, 'validation_error')
    assert error.details[0].field == 'name'
else:
    raise AssertionError('no refusal')
client.projects.delete(project.id)
try:
    client.projects.get(project.id)
except ApiError as error:
    assert (error.status, error.code) == (404, 'not_found')
print('done')
"""
JAVASCRIPT = """
import { YourAppClient } from '@spoolgraph/api-client';

const client = new YourAppClient({
  apiKey: 'key-of-the-tests'
});

// List projects
const projects = await client.projects.list();

// Create a project
const project = await client.projects.create({
  name: 'My Project',
  template: 'blank'
});

// Deploy a project
const deployment = await client.deployments.create(project.id);
"""
JAVASCRIPT_AFTER = """
import assert from 'node:assert/strict';
assert.equal(projects.length, 0);
assert.equal(projects.pagination.total, 0);
assert.equal(project.name, 'My Project');
assert.equal(deployment.project_id, project.id);
assert.equal((await client.deployments.get(deployment.id)).status, 'success');
assert.equal((await client.projects.list({ status: 'active' }))[0].id, project.id);
await assert.rejects(client.projects.create({ name: '' }), {
  name: 'ApiError', status: 422, code: 'validation_error',
});
assert.equal(await client.projects.delete(project.id), undefined);
await assert.rejects(client.projects.get(project.id), { status: 404, code: 'not_found' });
console.log('done');
"""


async def _run(server: RunningServer, *command: str, folder: Path, path: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "SPOOLGRAPH_URL": server.base, "PYTHONPATH": str(path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_python(server: RunningServer, tmp_path: Path) -> None:
    """The snippet, then the rest of what the package can do."""
    program = tmp_path / "snippet.py"
    program.write_text(PYTHON + PYTHON_AFTER)
    path = CLIENTS / "python"
    output = await _run(server, sys.executable, str(program), folder=tmp_path, path=path)
    assert output == "done\n"


async def test_javascript(server: RunningServer, tmp_path: Path) -> None:
    """The snippet, then the rest of what the package can do."""
    node = shutil.which("node")
    if node is None:
        missing("Node.js")
        return
    package = tmp_path / "node_modules" / "@spoolgraph" / "api-client"
    package.parent.mkdir(parents=True)
    package.symlink_to(CLIENTS / "javascript")
    program = tmp_path / "snippet.mjs"
    program.write_text(JAVASCRIPT + JAVASCRIPT_AFTER)
    output = await _run(server, node, str(program), folder=tmp_path, path=tmp_path)
    assert output == "done\n"
