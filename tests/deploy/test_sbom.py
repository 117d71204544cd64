"""The list of what Rollcall is built from: valid, complete, and what Cargo.lock says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

PLATFORM = "x86_64-unknown-linux-gnu"
# A procedural macro, and what builds C.
BUILDS_ONLY = {"serde_derive", "cc"}


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    """The list for the platform of the image."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": "0"}
    command = [sys.executable, repository / "deploy" / "sbom", "--target", PLATFORM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def bom(text: str) -> dict[str, Any]:
    return json.loads(text)


@pytest.fixture(scope="module")
def manifest(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "Cargo.toml").read_text())


@pytest.fixture(scope="module")
def lock(repository: Path) -> dict[str, str | None]:
    """The checksum of every crate of the lock file."""
    packages = tomllib.loads((repository / "Cargo.lock").read_text())["package"]
    return {f"{package['name']}@{package['version']}": package.get("checksum") for package in packages}


def test_it_is_cyclonedx(text: str, bom: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"


def test_it_is_of_this_version(bom: dict[str, Any], version: str) -> None:
    described = bom["metadata"]["component"]
    assert (described["name"], described["version"], described["type"]) == ("rollcall", version, "application")


def test_every_crate_is_the_locked_one(bom: dict[str, Any], lock: dict[str, str | None]) -> None:
    hashes = {each["bom-ref"]: [found["content"] for found in each["hashes"]] for each in bom["components"]}
    assert hashes == {name: [lock[name]] for name in hashes}
    assert len(hashes) > 200


def test_every_dependency_is_in_it_and_nothing_for_tests_alone(bom: dict[str, Any], manifest: dict[str, Any]) -> None:
    names = {each["name"] for each in bom["components"]}
    assert names >= manifest["dependencies"].keys()
    assert not names & (manifest["dev-dependencies"].keys() - manifest["dependencies"].keys())


def test_what_only_builds_the_program_says_so(bom: dict[str, Any], manifest: dict[str, Any]) -> None:
    excluded = {each["name"] for each in bom["components"] if each["scope"] == "excluded"}
    required = {each["name"] for each in bom["components"] if each["scope"] == "required"}
    assert excluded >= BUILDS_ONLY
    assert required >= manifest["dependencies"].keys()


def test_every_crate_has_a_licence(bom: dict[str, Any]) -> None:
    assert [each["bom-ref"] for each in bom["components"] if not each.get("licenses")] == []


def test_dependencies_lead_to_what_is_there(bom: dict[str, Any]) -> None:
    known = {each["bom-ref"] for each in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
    edges = {each["ref"]: set(each.get("dependsOn", [])) for each in bom["dependencies"]}
    assert edges.keys() == known
    assert set().union(*edges.values()) == known - {bom["metadata"]["component"]["bom-ref"]}
