"""Starts `rollcall run` on a configuration of the test's own, talks to it, and stops it by process id.

Everything that a test needs to see of the daemon comes from outside: answers, log lines, exit status, `/proc`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import servers

STORE = "d-9067f0a1b2"
INSTANCE = "aaaaaaaa-1111-4222-8333-00000000d001"
OTHER_INSTANCE = "aaaaaaaa-1111-4222-8333-00000000d002"
TARGET = "support"
OTHER_TARGET = "sales"
TARGETS = {TARGET: ("eu-west-2", INSTANCE, "Agents"), OTHER_TARGET: ("eu-central-1", OTHER_INSTANCE, "Sales")}
TOKEN = "trigger-3f1c7a5e9b2d4068"
READ_TOKEN = "read-8d20b6c4e1f7a953"
# Generous: other programs may be at work on the same machine. What must be quick is measured by its own test.
PATIENCE = 20.0
LISTENING = re.compile(r'^\{.*"event":"listening".*\}$', re.MULTILINE)


def world(people: int = 3, others: int = 0, *, quota: int = 5_000) -> str:
    """A directory with so many people in `Agents` and in `Sales`, and two instances without Connect users."""
    crowd = 'given_name = "Agent"\nfamily_name = "Number {n}"\n'
    text = f"""
[identity_center]
store = "{STORE}"
[[groups]]
name = "Agents"
[[groups]]
name = "Sales"
[[instances]]
id = "{INSTANCE}"
alias = "support"
quota = {quota}
routing_profiles = ["Basic Routing Profile", "Parking"]
security_profiles = ["Admin", "Agent", "CallCenterManager", "NoAccess"]
[[instances]]
id = "{OTHER_INSTANCE}"
alias = "sales"
region = "eu-central-1"
quota = {quota}
"""
    if people:
        text += f'[[crowd]]\ncount = {people}\nuser_name = "agent{{n:04}}@example.com"\ngroups = ["Agents"]\n{crowd}'
    if others:
        text += f'[[crowd]]\ncount = {others}\nuser_name = "sales{{n:04}}@example.com"\ngroups = ["Sales"]\n{crowd}'
    return text


def toml(tables: dict[str, Any]) -> str:
    """Tables as TOML. What stands in them is strings, numbers, booleans and lists, which JSON writes the same way."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in tables.items() if not isinstance(value, (dict, list))]
    for name, table in tables.items():
        for one, head in (
            [(table, f"[{name}]")] if isinstance(table, dict) else [(each, f"[[{name}]]") for each in _tables(table)]
        ):
            lines += ["", head, *(f"{key} = {json.dumps(value)}" for key, value in one.items())]
    return "\n".join(lines) + "\n"


def _tables(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []


@dataclass
class Settings:
    """A configuration that a test changes before it is written. By itself nothing happens in the daemon."""

    folder: Path
    tables: dict[str, Any] = field(default_factory=dict)
    targets: list[str] = field(default_factory=lambda: [TARGET])
    plan_only: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        # Pace has suites of its own; here it would only cost time.
        fast = {"requests_per_second": 5000.0, "burst": 5000, "share": 1.0}
        self.tables = {
            "identity_center": {"region": "eu-west-1"},
            "schedule": {"cron": "0 0 3 1 1 *", "on_start": False},
            "http": {"listen": "127.0.0.1:0"},
            "log": {"format": "json", "level": "info"},
            "timeouts": {"connect": "1s", "attempt": "5s", "call": "10s"},
            "rates.connect": dict(fast),
            "rates.identity_store": dict(fast),
            "rates.sso_admin": dict(fast),
            "policy": {},
        }
        self.protect()

    def protect(self, token: str | None = TOKEN, read_token: str | None = READ_TOKEN) -> None:
        """Tokens by file; `None` configures none."""
        for key, name, value in (("token_file", "token", token), ("read_token_file", "read-token", read_token)):
            self.tables["http"].pop(key, None)
            if value is not None:
                self.secret(name, value)
                self.tables["http"][key] = str(self.folder / name)

    def secret(self, name: str, value: str) -> Path:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(value)
        return path

    def text(self) -> str:
        text = toml(self.tables)
        for target in self.targets:
            region, instance, group = TARGETS[target]
            mode = "plan" if target in self.plan_only else "apply"
            text += toml({"target": [{"name": target, "region": region, "instance_id": instance, "mode": mode}]})
            text += toml({"target.mapping": [{"group": group}]})
        return text

    @property
    def path(self) -> Path:
        return self.folder / "rollcall.toml"

    def write(self) -> Path:
        self.path.write_text(self.text())
        return self.path


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get_content_type()

    def is_problem(self, status: int) -> bool:
        """Whether this is an error as RFC 9457 has it: with a sentence, and its status also in the body."""
        assert self.media_type == "application/problem+json", (self.status, self.media_type, self.body)
        problem = self.json()
        return self.status == problem["status"] == status and bool(problem["title"] and problem["detail"])


class Daemon:
    """A running `rollcall run`."""

    def __init__(self, process: subprocess.Popen[str], settings: Settings) -> None:
        self.process = process
        self.settings = settings
        self.started = time.monotonic()
        self.out = servers.Lines(process.stdout)
        self.err = servers.Lines(process.stderr)
        self.host, self.port = "127.0.0.1", 0

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_listening(self) -> None:
        line = self.err.wait_for(LISTENING, lambda: self.process.poll() is None)
        if line is None:
            raise servers.ServerDidNotStart(f"the daemon does not listen; it printed:\n{self.err.text()}")
        self.host, _, port = json.loads(line)["address"].rpartition(":")
        self.port = int(port)

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: dict[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Answer:
        """One request on a connection of its own; a body that is neither text nor bytes is sent as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Any:
        """A read that has to come out well, as JSON."""
        answer = self.ask("GET", path, **options)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json()

    def sync(self, *, wait: int = 30, **order: Any) -> Any:
        """A run, and its report when it is over."""
        answer = self.ask("POST", f"/v1/sync?wait={wait}", order, timeout=wait + PATIENCE)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def run(self, run: str) -> Any:
        return self.get(f"/v1/runs/{run}")

    def status(self, target: str = TARGET) -> Any:
        return next(each for each in self.get("/v1/status")["targets"] if each["name"] == target)

    def metrics(self) -> dict[str, float]:
        """Each series, as it is written, and its value."""
        text = self.ask("GET", "/metrics", token=None).body.decode()
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines)}

    def log(self, event: str | None = None) -> list[dict[str, Any]]:
        """The log lines so far: all of them, or those of one event."""
        lines = []
        for text in self.err.text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                lines.append(json.loads(text))
        return [line for line in lines if event is None or line.get("event") == event]

    def wait_for_log(self, event: str, count: int = 1, timeout: float = PATIENCE) -> list[dict[str, Any]]:
        """The lines of an event, once there are so many."""
        return until(lambda: lines if len(lines := self.log(event)) >= count else None, f"{count} × {event}", timeout)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def reload(self) -> dict[str, Any]:
        """SIGHUP, and how reading the configuration anew came out."""
        before = self.get("/v1/status")["config"]["last_reload"]
        self.signal(signal.SIGHUP)
        return until(
            lambda: now if (now := self.get("/v1/status")["config"]["last_reload"]) != before else None, "a reload"
        )

    def end(self, timeout: float = PATIENCE) -> float:
        """SIGTERM; says how long the end took, in seconds."""
        since = time.monotonic()
        self.signal(signal.SIGTERM)
        self.process.wait(timeout)
        return time.monotonic() - since


def until(probe: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
    """The first value of a probe that is something."""
    deadline = time.monotonic() + timeout
    while not (value := probe()):
        assert time.monotonic() < deadline, f"{what} did not come within {timeout} s"
        time.sleep(0.02)
    return value


def environment(endpoint: str | None, **more: str) -> dict[str, str]:
    """What the daemon is started with: nothing of this process's but what every program needs."""
    found = servers.bare_environment()
    if endpoint is not None:
        found |= {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
        }
    return found | {"AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1"} | more


@contextmanager
def starting(settings: Settings, endpoint: str | None, *, under: Sequence[str] = (), **more: str) -> Iterator[Daemon]:
    """A daemon that may not listen yet, or never will. `under` is a command that becomes it."""
    process = subprocess.Popen(
        [*under, str(servers.rollcall_binary()), "--config", str(settings.write()), "run"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(endpoint, **more),
    )
    try:
        yield Daemon(process, settings)
    finally:
        servers.stop(process)


@contextmanager
def daemon(settings: Settings, endpoint: str | None, *, under: Sequence[str] = (), **more: str) -> Iterator[Daemon]:
    """A daemon that listens."""
    with starting(settings, endpoint, under=under, **more) as running:
        running.wait_until_listening()
        yield running


def rollcall(*arguments: str | Path, endpoint: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Any other command, run to its end."""
    command = [str(servers.rollcall_binary()), *map(str, arguments)]
    return subprocess.run(
        command, env=environment(endpoint, **more), capture_output=True, text=True, timeout=60, check=False
    )
