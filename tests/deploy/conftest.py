"""Where things are, and how a tool that judges them is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def deploy() -> Path:
    return REPOSITORY / "deploy"


@pytest.fixture(scope="session")
def version() -> str:
    """The package's."""
    return word_of("version", REPOSITORY / "Cargo.toml")


def word_of(key: str, file: Path) -> str:
    """The first string that a TOML file gives this key."""
    found = re.search(rf'^{key} = "(.+)"$', file.read_text(), re.MULTILINE)
    assert found, f"`{key}` in {file}"
    return found[1]


@pytest.fixture(scope="session")
def rollcall() -> Path:
    """The program; it must exist, since a missing one is no reason to skip."""
    path = Path(os.environ.get("ROLLCALL_BIN") or REPOSITORY / "target" / "debug" / "rollcall")
    if not path.is_file():
        raise FileNotFoundError(f"`{path}` is missing: run `cargo build`, or set ROLLCALL_BIN to the binary")
    return path


@pytest.fixture(scope="session")
def judge():
    """Runs a tool, of this environment where it has it, and gives what it printed; fails where the tool does."""

    def run(*command: str | Path, **options) -> str:
        own = Path(sys.executable).parent / str(command[0])
        command = (own if own.is_file() else command[0], *command[1:])
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **options
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run
