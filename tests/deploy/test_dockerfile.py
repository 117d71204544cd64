"""The Dockerfile, as far as reading it goes; tests/image builds it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import word_of


@pytest.fixture(scope="module")
def lines(repository: Path) -> list[str]:
    """The instructions, each in one line."""
    text = (repository / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def last(lines: list[str], instruction: str) -> str:
    return [line for line in lines if line.startswith(f"{instruction} ")][-1].split(" ", 1)[1]


def test_hadolint_finds_nothing(judge, repository: Path) -> None:
    assert judge("hadolint", "--failure-threshold", "style", repository / "Dockerfile") == ""


def test_the_toolchain_is_the_pinned_one(repository: Path, lines: list[str]) -> None:
    channel = word_of("channel", repository / "rust-toolchain.toml")
    assert f"ARG RUST_IMAGE=docker.io/library/rust:{channel}-slim-trixie" in lines


def test_both_bases_are_of_one_release(lines: list[str]) -> None:
    """Debian 13 is trixie; a newer C library at build time would not be found at run time."""
    bases = [line for line in lines if line.startswith("ARG") and "_IMAGE=" in line]
    assert [re.search(r"trixie|debian13", base) is not None for base in bases] == [True, True]


def test_every_build_is_of_the_locked_versions(lines: list[str]) -> None:
    builds = re.findall(r"cargo build[^&]*", " ".join(lines))
    assert len(builds) == 2
    assert all("--locked" in build and "--release" in build for build in builds)


def test_the_last_stage_runs_nothing_and_is_nobody(lines: list[str]) -> None:
    start = max(number for number, line in enumerate(lines) if line.startswith("FROM"))
    assert not [line for line in lines[start:] if line.startswith("RUN")]
    assert last(lines, "USER") == "65532:65532"


def test_commands_need_no_shell(lines: list[str]) -> None:
    program = "/usr/local/bin/rollcall"
    assert json.loads(last(lines, "ENTRYPOINT")) == [program]
    assert json.loads(last(lines, "CMD")) == ["run"]
    assert json.loads(last(lines, "HEALTHCHECK").split("CMD ")[1]) == [program, "status"]


def test_the_version_is_the_packages(version: str, lines: list[str]) -> None:
    assert f"ARG VERSION={version}" in lines


def test_only_what_is_copied_is_sent(repository: Path, lines: list[str]) -> None:
    ignored = [line for line in (repository / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored[1:]} == copied
