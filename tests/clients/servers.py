"""Starts and stops the servers that the suites talk to, and makes clients for them.

The simulator is `rollcall sim`; `ROLLCALL_BIN` names the binary (default: `target/debug/rollcall` of this repository)
and `ROLLCALL_SIM` replaces the whole command up to its options. moto's server comes from the interpreter that runs the
suite. Every server listens on 127.0.0.1, picks a free port itself, and is stopped by process id, also after a failure.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
START_SECONDS = 30.0
STOP_SECONDS = 5.0
ENDPOINT = re.compile(r"https?://127\.0\.0\.1:\d+")

# The simulator takes `null` for the documented behaviour.
OPTIONS = (
    "page_size",
    "page_sizes",
    "empty_pages",
    "short_pages",
    "search_lag_seconds",
    "throttle",
    "rates",
    "user_quota",
    "latency_ms",
    "policies",
)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Where a suite leaves lines to be printed at the end of its run.
FIGURES = pytest.StashKey[list[str]]()

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class ServerDidNotStart(RuntimeError):
    """The process ended, or said no endpoint in time; the message carries what it printed."""


def rollcall_binary() -> Path:
    """The `rollcall` under test; it must exist, since a missing binary is no reason to skip."""
    path = Path(os.environ.get("ROLLCALL_BIN") or REPOSITORY / "target" / "debug" / "rollcall")
    if not path.is_file():
        raise FileNotFoundError(f"`{path}` is missing: run `cargo build`, or set ROLLCALL_BIN to the binary")
    return path


def simulator_command() -> list[str]:
    """The command that starts the simulator, without its options."""
    prefix = os.environ.get("ROLLCALL_SIM")
    return shlex.split(prefix) if prefix else [str(rollcall_binary()), "sim"]


def bare_environment() -> dict[str, str]:
    """This process's environment without anything that would steer an AWS client, a proxy or Rollcall."""
    steering = re.compile(r"^(AWS_|ROLLCALL_|(HTTPS?|ALL|NO)_PROXY$)", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not steering.match(name)}


class Lines:
    """What a process prints, collected by a thread so that its pipe never fills up."""

    def __init__(self, stream: Any) -> None:
        self._lines: list[str] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()

    def text(self) -> str:
        with self._changed:
            return "".join(self._lines)

    def wait_for(self, pattern: re.Pattern[str], alive: Callable[[], bool]) -> str | None:
        """The first match of `pattern`; `None` where the process ended or the time is over."""
        deadline = time.monotonic() + START_SECONDS
        with self._changed:
            while not (match := pattern.search("".join(self._lines))):
                if not alive() or time.monotonic() > deadline:
                    return None
                self._changed.wait(0.1)
        return match.group(0)


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """Runs a server for the length of the block and gives its endpoint."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=bare_environment(),
    )
    try:
        printed = Lines(process.stdout)
        endpoint = printed.wait_for(ENDPOINT, lambda: process.poll() is None)
        if endpoint is None:
            told = f"it ended with {process.returncode}" if process.poll() is not None else "it still runs"
            raise ServerDidNotStart(f"`{shlex.join(command)}` gave no endpoint; {told}, and printed:\n{printed.text()}")
        yield endpoint
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def moto_server() -> Iterator[str]:
    """A moto server with an empty state."""
    with running([sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]) as endpoint:
        yield endpoint


@contextmanager
def simulator(world: Path, *options: str) -> Iterator[Simulator]:
    """A simulator that starts with the world of the given file, and with options of its command."""
    with running([*simulator_command(), "--listen", "127.0.0.1:0", "--world", str(world), *options]) as endpoint:
        yield Simulator(endpoint)


def client(service: str, endpoint: str, region: str, **options: Any) -> BaseClient:
    """A boto3 client with static credentials, no retries, and no wait beyond half a minute."""
    credentials = {
        "aws_access_key_id": options.pop("access_key", ACCESS_KEY),
        "aws_secret_access_key": options.pop("secret_key", SECRET_KEY),
        "aws_session_token": options.pop("session_token", None),
    }
    settings: dict[str, Any] = {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 1}}
    settings.update(options)
    return boto3.Session().client(
        service, endpoint_url=endpoint, region_name=region, config=Config(**settings), **credentials
    )


@dataclass(frozen=True)
class Simulator:
    """A running simulator, seen through its control plane."""

    endpoint: str

    def client(self, service: str, region: str, **options: Any) -> BaseClient:
        return client(service, self.endpoint, region, **options)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the control plane; a string body is sent as it is, anything else as JSON."""
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(f"{self.endpoint}/_sim/{path}", data=data, method=method)
        try:
            with DIRECT.open(request, timeout=30) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{method} /_sim/{path}: {refusal.code} {refusal.read().decode()}") from refusal
        return json.loads(text) if text else None

    def load(self, world: str) -> None:
        """Replaces the whole state by that of a world (TOML)."""
        self.control("POST", "world", world)

    def options(self, **options: Any) -> None:
        self.control("POST", "options", options)

    def reset_options(self, **options: Any) -> None:
        """The documented behaviour, but for what is given."""
        self.options(**(dict.fromkeys(OPTIONS) | options))

    def fault(self, service: str, operation: str, kind: str, **more: Any) -> None:
        self.control("POST", "faults", {"service": service, "operation": operation, "kind": kind, **more})

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def clock(self, **setting: Any) -> None:
        self.control("POST", "clock", setting)

    def journal(self) -> list[dict[str, Any]]:
        return self.control("GET", "journal")

    def clear_journal(self) -> None:
        self.control("DELETE", "journal")

    def world(self) -> dict[str, Any]:
        """The whole state, for assertions, but for the time at which it was asked for."""
        return {name: value for name, value in self.control("GET", "world").items() if name != "now"}
