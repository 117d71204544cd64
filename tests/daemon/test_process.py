"""The daemon as a process: how it starts, is told things by signals, bears with a provider that is away, and ends."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import servers
from daemons import (
    OTHER_TARGET,
    READ_TOKEN,
    TARGET,
    TOKEN,
    Daemon,
    Settings,
    daemon,
    environment,
    rollcall,
    starting,
    until,
    world,
)

# What the contract promises of the end of a process.
END_SECONDS = 2.5
FAILURES = f'rollcall_consecutive_failures{{target="{TARGET}"}}'
RELOADED = "rollcall_config_last_reload_successful"


@pytest.fixture
def running(simulator: servers.Simulator, settings: Settings) -> Iterator[Daemon]:
    with daemon(settings, simulator.endpoint) as each:
        yield each


# The end


def test_the_end_waits_for_no_one_and_the_next_start_repairs_everything(
    simulator: servers.Simulator, settings: Settings
) -> None:
    """SIGTERM while users are created, with a stream, somebody who waits, half a request and half a body open."""
    simulator.load(world(30))
    settings.tables["rates.connect"]["burst"] = 3
    settings.tables["rates.connect.operations"] = {"CreateUser": 3.0}
    # The call in hand takes longer than the rest, and is still waited for.
    simulator.fault("connect", "CreateUser", "slow", delay_ms=800)
    waited: list[Any] = []
    with daemon(settings, simulator.endpoint) as running, running.connect() as stream, running.connect() as half:
        stream.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        half.sendall(b"GET /livez HTTP/1.1\r\nHost:")
        with running.connect() as body:
            body.sendall(
                f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{".encode()
            )
            waiting = threading.Thread(target=lambda: waited.append(running.ask("POST", "/v1/sync?wait=60", {})))
            waiting.start()
            until(lambda: created(simulator) >= 4, "some creations")
            took = running.end()
            waiting.join()
        assert running.process.returncode == 0
        assert took < END_SECONDS
        (answer,) = waited
        assert answer.status in (200, 202)
        results = [line["result"] for line in running.log("action")]
        assert len(results) == 30
        assert {"done", "skipped"} == set(results)
        assert results.count("done") == created(simulator), "every call that was answered is told as done"
        (line,) = running.log("pass")
        assert (line["verdict"], line["created"]) == ("incomplete", created(simulator))
    print(f"SIGTERM during applies: {took:.2f} s, {results.count('done')} done, {results.count('skipped')} skipped")
    simulator.clear_faults()
    del settings.tables["rates.connect.operations"]
    settings.tables["rates.connect"]["burst"] = 5000
    settings.tables["schedule"]["on_start"] = True
    with daemon(settings, simulator.endpoint) as anew:
        (line,) = anew.wait_for_log("pass")
        assert (line["cause"], line["verdict"]) == ("startup", "converged")
        assert line["created"] == 30 - results.count("done")
    assert created(simulator) == 30


def created(simulator: servers.Simulator) -> int:
    """Users that were created, by calls that succeeded."""
    return sum(entry["operation"] == "CreateUser" and entry["status"] == 200 for entry in simulator.journal())


def test_a_call_that_never_ends_is_not_waited_for(simulator: servers.Simulator, settings: Settings) -> None:
    simulator.fault("connect", "CreateUser", "hang")
    with daemon(settings, simulator.endpoint) as running:
        running.ask("POST", "/v1/sync", {})
        until(lambda: "CreateUser" in [entry["operation"] for entry in simulator.journal()], "a call")
        assert running.end() < END_SECONDS
        assert running.process.returncode == 0
        assert {line["result"] for line in running.log("action")} <= {"failed", "skipped"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_ends_at_once(running: Daemon, number: signal.Signals) -> None:
    since = time.monotonic()
    running.signal(number)
    assert running.process.wait(END_SECONDS) == 0
    assert time.monotonic() - since < 1
    assert running.log("ending")


def test_while_it_ends_it_is_not_ready_and_starts_nothing(simulator: servers.Simulator, settings: Settings) -> None:
    simulator.fault("connect", "CreateUser", "slow", delay_ms=1_500)
    with daemon(settings, simulator.endpoint) as running, running.connect() as kept:
        running.ask("POST", "/v1/sync", {})
        until(lambda: "CreateUser" in [entry["operation"] for entry in simulator.journal()], "a call")
        running.signal(signal.SIGTERM)
        running.wait_for_log("ending")
        kept.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = kept.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 "), answer
        assert running.ask("POST", "/v1/sync", {}).is_problem(503)
        assert running.ask("GET", "/livez").status == 200
        told = rollcall("--config", settings.path, "status", "--address", f"127.0.0.1:{running.port}")
        assert told.returncode == 1
        assert " is ending since " in told.stdout
        assert running.process.wait(END_SECONDS) == 0


# Reading the configuration anew


def test_a_good_file_is_taken_over(running: Daemon, settings: Settings, simulator: servers.Simulator) -> None:
    settings.tables["schedule"] |= {"cron": "0 30 5 * * *", "timezone": "Europe/London"}
    settings.tables["policy"]["max_changes"] = 0
    settings.tables["http"]["listen"] = "127.0.0.1:9"
    settings.write()
    reload = running.reload()
    assert (reload["successful"], reload["error"]) == (True, None)
    assert ["http.listen" in note for note in reload["notes"]] == [True]
    status = running.get("/v1/status")
    assert (status["cron"], status["timezone"]) == ("0 30 5 * * *", "Europe/London")
    assert status["next_pass_at"][11:] in ("05:30:00Z", "04:30:00Z")
    assert running.metrics()[RELOADED] == 1
    assert len(running.log("reload")) == 1
    assert running.sync()["verdict"] == "held", "the new policy counts from the next pass on"
    assert not any(entry["write"] for entry in simulator.journal())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schedule": {"cron": "0 0 0 30 2 *"}}, "never comes"),
        ({"nonsense": {"key": 1}}, "nonsense"),
        ({"owner": "somebody-else"}, "owner"),
        ({"http": {"listen": "127.0.0.1:0", "token_file": "/nowhere/token"}}, "/nowhere/token"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_taken_over_changes_nothing(
    running: Daemon, settings: Settings, change: dict[str, Any], told: str
) -> None:
    before = running.get("/v1/status")
    good = dict(settings.tables)
    settings.tables |= change
    settings.tables["log"] = {"format": "text"}
    settings.write()
    reload = running.reload()
    assert reload["successful"] is False
    assert told in reload["error"]
    assert running.metrics()[RELOADED] == 0
    (line,) = running.log("reload-failed")
    assert (line["level"], told in line["error"]) == ("ERROR", True)
    status = running.get("/v1/status")
    for key in ("cron", "timezone", "next_pass_at"):
        assert status[key] == before[key]
    assert status["config"]["loaded_at"] == before["config"]["loaded_at"]
    assert running.sync()["verdict"] == "converged"
    settings.tables = good
    settings.write()
    assert running.reload()["successful"] is True
    assert running.metrics()[RELOADED] == 1


def test_a_file_that_is_gone_changes_nothing(running: Daemon, settings: Settings) -> None:
    settings.path.unlink()
    assert str(settings.path) in running.reload()["error"]
    settings.path.write_text("= no TOML")
    assert running.reload()["successful"] is False
    assert running.sync()["verdict"] == "converged"


def test_level_and_form_of_the_log_follow(running: Daemon, settings: Settings) -> None:
    running.sync(dry_run=True)
    assert len(running.log("pass")) == 1
    settings.tables["log"] = {"format": "json", "level": "error"}
    settings.write()
    running.reload()
    running.sync(dry_run=True)
    assert len(running.log("pass")) == 1, "at `error` it is not told"
    settings.tables["log"] = {"format": "text", "level": "info"}
    settings.write()
    running.reload()
    running.sync(dry_run=True)
    assert len(running.log("pass")) == 1
    text = until(lambda: re.search(r'^\S+ +INFO .*event="pass".*$', running.err.text(), re.MULTILINE), "a line of text")
    assert "\x1b" not in text.group(0)


def test_the_level_of_the_environment_overrides_the_file(simulator: servers.Simulator, settings: Settings) -> None:
    settings.tables["log"]["level"] = "error"
    with daemon(settings, simulator.endpoint, RUST_LOG="warn,rollcall=info") as running:
        running.sync(dry_run=True)
        running.reload()
        running.sync(dry_run=True)
        assert len(running.log("pass")) == 2


def test_hashed_people_are_in_no_line_of_the_log(simulator: servers.Simulator, settings: Settings) -> None:
    key = settings.secret("people-key", "0123456789abcdef0123456789abcdef")
    settings.tables["log"] |= {"level": "trace", "people": "hashed", "people_key_file": str(key)}
    settings.tables["policy"]["max_changes"] = 0
    with daemon(settings, simulator.endpoint) as running:
        code = running.sync()["targets"][0]["approval"]
        simulator.fault("connect", "CreateUser", "server_error", skip=1)
        run = running.ask("POST", "/v1/approvals", {"approval": code, "by": "ops"}).json()["run"]
        until(lambda: running.run(run)["state"] == "done", "the approved run")
        simulator.clear_faults()
        running.sync(person="agent0002@example.com")
        running.sync(person="nobody@example.com")
        running.get("/v1/explain?person=agent0003@example.com")
        words = {line["login"] for line in running.log("action")}
        running.end()
        printed = running.err.text()
    assert len(words) == 3
    assert all(re.fullmatch(r"person-[0-9a-f]{12}", word) for word in words)
    assert "@example.com" not in printed
    assert "agent000" not in printed


def test_twenty_signals_at_once_are_no_trouble(running: Daemon) -> None:
    for _ in range(20):
        running.signal(signal.SIGHUP)
    running.wait_for_log("reload")
    assert running.sync()["verdict"] == "converged"
    assert running.end() < 1


def test_the_series_of_a_target_that_is_taken_out_disappear(simulator: servers.Simulator, settings: Settings) -> None:
    simulator.load(world(2, 2))
    settings.targets = [TARGET, OTHER_TARGET]
    with daemon(settings, simulator.endpoint) as running:
        label = f'target="{OTHER_TARGET}"'
        running.sync()
        before = [series for series in running.metrics() if label in series]
        assert len(before) > 40
        settings.targets = [TARGET]
        settings.write()
        running.reload()
        assert [series for series in running.metrics() if label in series] == []
        assert [target["name"] for target in running.get("/v1/status")["targets"]] == [TARGET]
        assert running.ask("POST", "/v1/sync", {"target": OTHER_TARGET}).is_problem(404)
        running.sync()
        assert [series for series in running.metrics() if label in series] == []
        settings.targets = [TARGET, OTHER_TARGET]
        settings.write()
        running.reload()
        assert running.metrics()[f"rollcall_last_attempt_timestamp_seconds{{{label}}}"] == 0, "it begins anew"
        assert running.sync()["verdict"] == "converged"


def test_a_target_that_is_taken_out_during_its_pass_leaves_nothing_behind(
    simulator: servers.Simulator, settings: Settings
) -> None:
    simulator.load(world(2, 2))
    settings.targets = [TARGET, OTHER_TARGET]
    with daemon(settings, simulator.endpoint) as running:
        simulator.fault("connect", "SearchUsers", "slow", delay_ms=1_500)
        run = running.ask("POST", "/v1/sync", {"target": OTHER_TARGET}).json()["run"]
        until(lambda: "SearchUsers" in [entry["operation"] for entry in simulator.journal()], "the pass")
        settings.targets = [TARGET]
        settings.write()
        running.reload()
        until(lambda: running.run(run)["state"] == "done", "its end")
        assert [series for series in running.metrics() if f'target="{OTHER_TARGET}"' in series] == []


def test_a_changed_token_counts_without_a_signal(running: Daemon, settings: Settings) -> None:
    for token, file in ((TOKEN, "token"), (READ_TOKEN, "read-token")):
        settings.secret(file, f"{token}-changed\n")
        assert running.ask("GET", "/v1/status", token=f"{token}-changed").status == 200
        assert running.ask("GET", "/v1/status", token=token).is_problem(401)
    # As Kubernetes and careful people do it: another file takes the name.
    settings.secret("token.new", TOKEN).rename(settings.folder / "token")
    assert running.ask("GET", "/v1/status").status == 200
    assert running.ask("GET", "/v1/status", token=f"{TOKEN}-changed").is_problem(401)


# A provider that is away


@contextmanager
def provider(world_file: Path, port: int) -> Iterator[servers.Simulator]:
    """A simulator at a port of the test's choice, so that it can come back where it was."""
    command = [*servers.simulator_command(), "--listen", f"127.0.0.1:{port}", "--world", str(world_file)]
    with servers.running(command) as endpoint:
        yield servers.Simulator(endpoint)


def test_an_outage_ends_nothing_and_recovery_needs_nobody(settings: Settings, tmp_path: Path) -> None:
    world_file = tmp_path / "world.toml"
    world_file.write_text(world())
    settings.tables["schedule"]["cron"] = "*/2 * * * * *"
    settings.tables["timeouts"] = {"connect": "1s", "attempt": "1s", "call": "1s"}
    with provider(world_file, 0) as first:
        port = int(first.endpoint.rpartition(":")[2])
        context = daemon(settings, first.endpoint)
        running = context.__enter__()
        try:
            until(lambda: running.status()["verdict"] == "converged", "a first pass")
        except BaseException:
            context.__exit__(None, None, None)
            raise
    try:
        until(lambda: running.metrics()[FAILURES] >= 2, "two failures in a row")
        status = running.status()
        assert status["verdict"] == "failed"
        assert status["error"]
        assert status["consecutive_failures"] >= 2
        assert status["members"] == 3, "what was last seen is still told"
        assert running.ask("GET", "/readyz").status == 200
        assert running.ask("GET", "/livez").status == 200
        metrics = running.metrics()
        assert (
            metrics[f'rollcall_last_complete_timestamp_seconds{{target="{TARGET}"}}']
            < metrics[f'rollcall_last_attempt_timestamp_seconds{{target="{TARGET}"}}']
        )
        told = rollcall("--config", settings.path, "status", "--address", f"127.0.0.1:{running.port}")
        assert told.returncode == 0, "a provider that is away is no reason to start the daemon anew"
        assert "in a row" in told.stdout
        with provider(world_file, port):
            until(lambda: running.status()["verdict"] == "converged", "recovery")
            assert running.metrics()[FAILURES] == 0
            assert running.status()["consecutive_failures"] == 0
        assert running.process.poll() is None
    finally:
        context.__exit__(None, None, None)


# Starts that fail


def start_fails(settings: Settings, **more: str) -> tuple[int, str]:
    """The exit status and everything on stderr of a start that has to fail; nothing may be on stdout."""
    with starting(settings, "http://127.0.0.1:9", **more) as process:
        status = process.process.wait(20)
        time.sleep(0.1)
        assert process.out.text() == ""
        return status, process.err.text()


def test_a_port_that_is_taken_is_told(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings.tables["http"]["listen"] = address
        status, text = start_fails(settings)
    assert status == 1
    assert f"error: failed to listen on `{address}`\n  caused by: " in text
    assert "in use" in text
    assert re.search(r"^hint: .*\bport\b", text, re.MULTILINE), text


@pytest.mark.parametrize(
    ("table", "key", "value", "told"),
    [
        ("schedule", "cron", "0 61 * * * *", "the minute is `61`"),
        ("schedule", "cron", "*/15 * * * *", "5 fields"),
        ("schedule", "cron", "0 0 0 30 2 *", "never comes"),
        ("schedule", "timezone", "Europe/Londn", "Europe/London"),
        ("http", "listen", "nowhere", "no IP address and port"),
        ("http", "listen", "127.0.0.1:70000", "no IP address and port"),
    ],
)
def test_a_configuration_that_is_wrong_is_told_with_its_line(
    settings: Settings, table: str, key: str, value: str, told: str
) -> None:
    settings.tables[table][key] = value
    status, text = start_fails(settings)
    line = next(number for number, line in enumerate(settings.text().splitlines(), 1) if line.startswith(f"{key} ="))
    assert status == 2
    (problem,) = re.findall(rf"^{re.escape(str(settings.path))}:{line}:\d+: (.*(?:\n  hint: .*)?)", text, re.MULTILINE)
    assert f"`{table}.{key}`" in problem
    assert told in problem
    assert text.rstrip().endswith("1 problem")


@pytest.mark.parametrize(
    ("content", "told"), [(None, "failed to read the token"), ("", "is empty"), (" \n", "is empty")]
)
@pytest.mark.parametrize("key", ["token_file", "read_token_file"])
def test_a_token_that_is_not_there_is_told(settings: Settings, key: str, content: str | None, told: str) -> None:
    path = settings.folder / "elsewhere"
    if content is not None:
        settings.secret("elsewhere", content)
    settings.tables["http"][key] = str(path)
    status, text = start_fails(settings)
    assert status == 2
    assert told in text
    assert str(path) in text
    assert "\nhint: " in text


def test_an_empty_token_in_the_environment_is_told(settings: Settings) -> None:
    settings.protect(None, None)
    status, text = start_fails(settings, ROLLCALL_HTTP_TOKEN=" ")
    assert status == 2
    assert "`ROLLCALL_HTTP_TOKEN`" in text


def test_one_token_for_both_is_told(settings: Settings) -> None:
    settings.protect("the-same", "the-same")
    status, text = start_fails(settings)
    assert status == 2
    assert "the same" in text.splitlines()[0]
    assert "the-same" not in text


def test_tokens_of_the_environment_count(simulator: servers.Simulator, settings: Settings) -> None:
    settings.protect(None, None)
    tokens = {"ROLLCALL_HTTP_TOKEN": TOKEN, "ROLLCALL_HTTP_READ_TOKEN": READ_TOKEN}
    with daemon(settings, simulator.endpoint, **tokens) as running:
        assert running.ask("GET", "/v1/status", token=None).is_problem(401)
        assert running.ask("GET", "/v1/status", token=READ_TOKEN).status == 200
        assert running.ask("POST", "/v1/sync", {}, token=READ_TOKEN).is_problem(403)
        assert running.ask("POST", "/v1/sync", {}, token=TOKEN).status == 202


def test_a_token_that_everybody_can_read_is_warned_of(simulator: servers.Simulator, settings: Settings) -> None:
    (settings.folder / "token").chmod(0o644)
    with daemon(settings, simulator.endpoint) as running:
        (line,) = running.log("token-exposed")
        assert (line["level"], line["file"]) == ("WARN", str(settings.folder / "token"))
        assert running.ask("GET", "/v1/status").status == 200


# A supervisor


class Supervisor:
    """What systemd is to a service: a socket that is told how it goes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(10)
        self.told: list[dict[str, str]] = []

    def wait_for(self, key: str) -> dict[str, str]:
        """The next message with this key."""
        while True:
            text = self._socket.recv(4096).decode()
            message = dict(line.split("=", 1) for line in text.splitlines())
            self.told.append(message)
            if key in message:
                return message

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    each = Supervisor(tmp_path)
    yield each
    each.close()


def test_a_supervisor_is_told_of_each_step(
    simulator: servers.Simulator, settings: Settings, supervisor: Supervisor
) -> None:
    variables = {"NOTIFY_SOCKET": str(supervisor.path), "WATCHDOG_USEC": "900000"}
    with daemon(settings, simulator.endpoint, **variables) as running:
        assert supervisor.wait_for("READY")["READY"] == "1"
        assert running.ask("GET", "/readyz").status == 200
        assert "STATUS" not in supervisor.told[0] or supervisor.told[0]["STATUS"]
        beats = []
        for _ in range(4):
            assert supervisor.wait_for("WATCHDOG")["WATCHDOG"] == "1"
            beats.append(time.monotonic())
        # Twice as often as it has to, as sd_watchdog_enabled(3) asks for.
        assert max(later - sooner for sooner, later in itertools.pairwise(beats)) < 0.45 + 0.2
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
        running.signal(signal.SIGHUP)
        reloading = supervisor.wait_for("RELOADING")
        assert reloading["RELOADING"] == "1"
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
        assert supervisor.wait_for("READY")["READY"] == "1"
        settings.path.write_text("wrong")
        running.signal(signal.SIGHUP)
        assert supervisor.wait_for("RELOADING")["RELOADING"] == "1"
        assert supervisor.wait_for("READY")["READY"] == "1", "also after a file that was refused"
        running.signal(signal.SIGTERM)
        assert supervisor.wait_for("STOPPING")["STOPPING"] == "1"
        assert running.process.wait(END_SECONDS) == 0


def test_a_supervisor_is_told_of_nothing_before_it_listens(settings: Settings, supervisor: Supervisor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.tables["http"]["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        assert start_fails(settings, NOTIFY_SOCKET=str(supervisor.path))[0] == 1
    supervisor._socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        supervisor.wait_for("READY")


# `rollcall status`


def test_status_tells_how_it_goes_and_by_its_exit_whether_it_is_well(running: Daemon, settings: Settings) -> None:
    address = f"127.0.0.1:{running.port}"
    # Counts are those from before a pass, so the second one tells what the first has done.
    running.sync()
    running.sync()
    told = rollcall("--config", settings.path, "status", "--address", address)
    assert (told.returncode, told.stderr) == (0, "")
    assert re.search(rf"^ *{TARGET} +apply .* converged +3 +0 +0 +0$", told.stdout, re.MULTILINE), told.stdout
    told = rollcall("--config", settings.path, "status", "--address", address, "--output", "json")
    assert json.loads(told.stdout)["targets"] == running.get("/v1/status")["targets"]
    # Where the configuration is another's, and no token is to be had.
    told = rollcall("--config", "/nowhere.toml", "status", "--address", address)
    assert (told.returncode, told.stdout) == (0, "ready\n")
    running.end()
    told = rollcall("--config", settings.path, "status", "--address", address)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"error: failed to ask the daemon at `{address}`\n  caused by: ")


def test_status_finds_the_daemon_by_the_configuration(simulator: servers.Simulator, settings: Settings) -> None:
    told = rollcall("--config", settings.write(), "status")
    assert told.returncode == 2
    assert "--address" in told.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.tables["http"]["listen"] = f"0.0.0.0:{port}"
    with daemon(settings, simulator.endpoint):
        told = rollcall("--config", settings.path, "status")
        assert told.returncode == 0, told.stderr
        assert TARGET in told.stdout


def test_status_does_not_wait_for_a_daemon_that_hangs(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        since = time.monotonic()
        told = rollcall("--config", settings.write(), "status", "--address", f"127.0.0.1:{silent.getsockname()[1]}")
    assert told.returncode == 1
    assert time.monotonic() - since < 6


# Figures


def binary_for_figures() -> tuple[Path, bool]:
    """The binary that figures are taken of, and whether it is one that they are promised of."""
    release = os.environ.get("ROLLCALL_RELEASE_BIN")
    return (Path(release), True) if release else (servers.rollcall_binary(), False)


def test_an_idle_daemon_is_small_and_asleep(
    simulator: servers.Simulator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary, is_release = binary_for_figures()
    monkeypatch.setenv("ROLLCALL_BIN", str(binary))
    settings.tables["schedule"]["on_start"] = True
    with daemon(settings, simulator.endpoint) as running:
        running.wait_for_log("pass")
        time.sleep(1)
        seconds = 5.0
        before, cpu_before = switches(running.pid), cpu(running.pid)
        time.sleep(seconds)
        wakes = (switches(running.pid) - before) / seconds
        busy = (cpu(running.pid) - cpu_before) / seconds
        resident, own = (memory_mib(running.pid, name) for name in ("VmRSS", "RssAnon"))
    kind = "release" if is_release else "debug"
    print(f"idle, {kind}: {resident:.1f} MiB, {own:.1f} of them its own, {wakes:.1f} wake-ups a second, {busy:.3%} CPU")
    assert wakes < 10
    if is_release:
        assert resident < 25
        assert busy < 0.001


def switches(pid: int) -> int:
    """Voluntary context switches of all threads so far."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE).group(1))
    return total


def cpu(pid: int) -> float:
    """Seconds of processor time of all threads so far."""
    spent = (int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(spent) / 1e9


def memory_mib(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE).group(1)) / 1024


def test_it_answers_soon_after_its_start(simulator: servers.Simulator, settings: Settings) -> None:
    binary, is_release = binary_for_figures()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.tables["http"]["listen"] = f"127.0.0.1:{port}"
    command = [str(binary), "--config", str(settings.write()), "run"]
    took = []
    # The best of a few: what is measured is the program, and not what else the machine has to do.
    for _ in range(5):
        since = time.monotonic()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment(simulator.endpoint), text=True)
        try:
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port), 1) as connection:
                        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                        assert connection.recv(100).startswith(b"HTTP/1.1 200")
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None
                    time.sleep(0.002)
            took.append(time.monotonic() - since)
        finally:
            servers.stop(process)
    print(f"/livez after {min(took) * 1000:.0f} ms ({'release' if is_release else 'debug'})")
    assert min(took) < (0.3 if is_release else 0.6)
