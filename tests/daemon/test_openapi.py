"""What `/openapi.json` says, and whether the daemon answers as it says, whatever a client sends."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from openapi_spec_validator import validate

from daemons import READ_TOKEN, TOKEN, Daemon

OPEN = {"/livez", "/readyz", "/metrics"}
READS = {"/v1/status", "/v1/runs", "/v1/runs/{id}", "/v1/findings", "/v1/history", "/v1/explain", "/v1/events"}
TRIGGERS = {"/v1/sync", "/v1/approvals"}


@pytest.fixture(scope="module")
def described(shared: Daemon) -> dict[str, Any]:
    return shared.get("/openapi.json", token=None)


def test_every_path_of_the_contract_is_described_and_no_other(described: dict[str, Any]) -> None:
    paths = described["paths"]
    assert set(paths) == OPEN | READS | TRIGGERS
    assert {path for path, methods in paths.items() if set(methods) == {"get"}} == OPEN | READS
    assert {path for path, methods in paths.items() if set(methods) == {"post"}} == TRIGGERS
    guarded = {path for path, methods in paths.items() for method in methods.values() if "security" in method}
    assert guarded == READS | TRIGGERS


def test_the_description_is_well_formed(described: dict[str, Any]) -> None:
    validate(described)
    for path, methods in described["paths"].items():
        for method in methods.values():
            assert method["summary"], path
            assert all(answer["description"] for answer in method["responses"].values()), path


@pytest.mark.parametrize("path", sorted(OPEN | READS))
def test_every_described_read_is_answered(shared: Daemon, path: str) -> None:
    asked = "?person=nobody" if path in ("/v1/explain", "/v1/history") else ""
    place = path.replace("{id}", shared.sync(dry_run=True)["run"]) + asked
    if path == "/v1/events":
        with shared.connect() as stream:
            stream.sendall(f"GET {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
            assert stream.recv(12) == b"HTTP/1.1 200"
        return
    assert shared.ask("GET", place).status == 200
    assert shared.ask("GET", place, token=READ_TOKEN).status == 200


@pytest.mark.parametrize("path", sorted(TRIGGERS))
@pytest.mark.parametrize("body", [None, {}, {"approval": "7f3a91c2", "by": "ops"}, "no JSON"])
def test_a_token_that_reads_triggers_nothing(shared: Daemon, path: str, body: Any) -> None:
    before = shared.get("/v1/runs")["runs"]
    assert shared.ask("POST", path, body, token=READ_TOKEN).is_problem(403)
    assert shared.get("/v1/runs")["runs"] == before


@pytest.mark.parametrize("path", sorted(READS | TRIGGERS))
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_a_token_nothing_is_told(shared: Daemon, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = shared.ask("POST" if path in TRIGGERS else "GET", path, token=None, headers=headers)
    assert answer.is_problem(401)
    assert re.match(r"Bearer\b", answer.headers["WWW-Authenticate"])


def test_any_client_is_answered_as_described(shared: Daemon) -> None:
    """Schemathesis makes requests that fit the description and requests that do not, and judges the answers."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://{shared.host}:{shared.port}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {TOKEN}", "--checks", "all", "--mode", "all"]
    # A stream never ends, so it is tested by itself. One worker: `ast.parse`, which Hypothesis calls for each strategy, counts
    # its depth for all threads together in CPython 3.11, and raises SystemError when two of them are in it.
    command += ["--exclude-path", "/v1/events", "--max-examples", "30", "--seed", "4", "--workers", "1", "--no-color"]
    tested = subprocess.run(
        command, capture_output=True, text=True, timeout=90, check=False, cwd=shared.settings.folder
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert shared.ask("GET", "/livez", token=None).status == 200
