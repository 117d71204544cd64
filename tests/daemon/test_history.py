"""The history of runs, as files, other programs and a restart see it."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import servers
from daemons import INSTANCE, STORE, Settings, daemon, environment, rollcall, until, world

FIRST = "agent0001@example.com"
NOBODY = 65534


@pytest.fixture
def history(settings: Settings) -> Path:
    """Where the history is to be; the file does not exist yet."""
    folder = settings.folder / "var"
    folder.mkdir()
    settings.tables["history"] = {"path": str(folder / "history.db")}
    return folder / "history.db"


def sqlite(path: Path, statement: str) -> list[str]:
    """What SQLite's own command-line tool says."""
    tool = shutil.which("sqlite3")
    assert tool, "sqlite3 is missing: `apt-get install sqlite3`"
    said = subprocess.run([tool, "-readonly", str(path), statement], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout.splitlines()


def recorded(path: Path) -> int:
    return int(sqlite(path, "SELECT count(*) FROM run")[0]) if path.exists() and path.stat().st_size else 0


def asked(settings: Settings, *arguments: str) -> Any:
    ended = rollcall("--config", settings.path, "history", *arguments, "--output", "json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def findings(run: Any) -> dict[str, Any]:
    return {finding["id"]: finding for finding in run["targets"][0]["findings"]}


def of_login(run: Any) -> Any:
    """What is found about the first person's login."""
    [finding] = [one for one in findings(run).values() if one["code"] == "login-case"]
    return finding


def mismatch(simulator: servers.Simulator, login: str = FIRST.upper()) -> None:
    """A Connect user who stands in the way of the first person, which is a finding."""
    connect = simulator.client("connect", "eu-west-2")
    routing = connect.list_routing_profiles(InstanceId=INSTANCE)["RoutingProfileSummaryList"][0]["Id"]
    security = connect.list_security_profiles(InstanceId=INSTANCE)["SecurityProfileSummaryList"][0]["Id"]
    connect.create_user(
        InstanceId=INSTANCE,
        Username=login,
        RoutingProfileId=routing,
        SecurityProfileIds=[security],
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        IdentityInfo={"FirstName": "By", "LastName": "Hand"},
    )


def test_everything_outlasts_a_restart(simulator: servers.Simulator, settings: Settings, history: Path) -> None:
    mismatch(simulator)
    with daemon(settings, simulator.endpoint) as running:
        first = running.sync()
        old = of_login(first)
        assert old["state"] == "new"
        assert running.end() < 2.5
    assert [file.name for file in history.parent.iterdir()] == ["history.db"], "the file is whole by itself"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert sqlite(history, "PRAGMA integrity_check") == ["ok"]
    with daemon(settings, simulator.endpoint) as running:
        assert running.run(first["run"]) == first
        second = running.sync()
        known = of_login(second)
        assert (known["state"], known["since"]) == ("still", old["since"])
        page = running.get("/v1/runs?limit=1")
        assert ([run["run"] for run in page["runs"]], page["next"]) == ([second["run"]], second["run"])
        rest = running.get(f"/v1/runs?limit=1&before={page['next']}")
        assert ([run["run"] for run in rest["runs"]], rest["next"]) == ([first["run"]], None)
        assert running.ask("GET", "/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV").is_problem(404)
        assert running.get("/v1/status")["history"] == {
            "path": str(history),
            "error": None,
            "since": None,
            "waiting": 0,
            "lost": 0,
        }
        # The command reads while the daemon has the file open, and sees the same.
        until(lambda: recorded(history) == 2, "the second run")
        assert asked(settings, "--run", second["run"]) == second
        assert not running.log("history-unusable")


def test_a_history_that_is_deleted_changes_nothing(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    mismatch(simulator)
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        running.end()
    with daemon(settings, simulator.endpoint) as running:
        kept = running.sync(dry_run=True)
        running.end()
    history.unlink()
    with daemon(settings, simulator.endpoint) as running:
        lost = running.sync(dry_run=True)
    plan = ("verdict", "members", "blocked", "actions", "withheld", "approval")
    assert [kept["targets"][0][name] for name in plan] == [lost["targets"][0][name] for name in plan]
    assert findings(kept).keys() == findings(lost).keys()
    assert (of_login(kept)["state"], of_login(lost)["state"]) == ("still", "new")


def test_it_is_whole_after_a_kill_at_any_moment(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    chance = random.Random(7)
    written = 0
    for attempt in range(20):
        # Everybody is created anew each time, so that there is much to write when the answer comes.
        simulator.load(world(200))
        with daemon(settings, simulator.endpoint) as running:
            running.ask("POST", "/v1/sync?wait=30", {}, timeout=60)
            if attempt % 4 == 3:
                # On a busy machine most kills come before the end of what is written.
                until(lambda before=written: recorded(history) > before, "a run that is written")
            else:
                time.sleep(chance.uniform(0, 0.2))
            running.signal(signal.SIGKILL)
            running.process.wait(10)
        assert sqlite(history, "PRAGMA integrity_check") == ["ok"]
        assert sqlite(history, "PRAGMA foreign_key_check") == []
        runs = recorded(history)
        assert runs >= written
        written = runs
    assert written >= 5, written
    listed = asked(settings, "--limit", "100")["runs"]
    ended = [run for run in listed if run["state"] == "done"]
    assert len(ended) == written
    # Of those that were cut off is told what they did.
    assert all(run["last_heard"] for run in listed if run not in ended)
    for run in ended:
        assert asked(settings, "--run", run["run"])["verdict"] == run["verdict"]


def test_who_is_renamed_has_one_record(simulator: servers.Simulator, settings: Settings, history: Path) -> None:
    settings.tables["policy"] = {"renames": "recreate"}
    store = simulator.client("identitystore", "eu-west-1")
    new = "someone.else@example.com"
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        [person] = [one for one in store.list_users(IdentityStoreId=STORE)["Users"] if one["UserName"] == FIRST]
        store.update_user(
            IdentityStoreId=STORE,
            UserId=person["UserId"],
            Operations=[{"AttributePath": "emails", "AttributeValue": [{"Value": new, "Primary": True}]}],
        )
        running.sync()
        running.end()
    records = [asked(settings, "--person", name) for name in (FIRST, new, person["UserId"])]
    for record in records:
        assert record["principals"] == [person["UserId"]]
        assert record["logins"] == sorted([FIRST, new])
        created = [event["login"] for event in record["events"] if event["kind"] == "create_user"]
        assert created == [FIRST, new]
        assert record["events"] == records[0]["events"]


@pytest.mark.parametrize("trouble", ["corrupt", "newer", "foreign", "no folder", "read-only"])
def test_a_file_that_is_no_use_is_told_once_and_holds_nothing_up(
    trouble: str, simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    words = {
        "corrupt": "not a database",
        "newer": "newer version",
        "foreign": "something else",
        "no folder": "No such file",
        "read-only": "cannot be opened",
    }
    under: list[str] = []
    if trouble == "corrupt":
        history.write_bytes(b"no database, but a letter to somebody " * 100)
    elif trouble == "newer":
        with daemon(settings, simulator.endpoint) as running:
            running.end()
        subprocess.run(["sqlite3", str(history), "PRAGMA user_version = 99"], check=True)
    elif trouble == "foreign":
        subprocess.run(["sqlite3", str(history), "CREATE TABLE letters (text)"], check=True)
    elif trouble == "no folder":
        history.parent.rmdir()
    else:
        # Somebody who owns nothing here. Root may write everywhere.
        settings.protect(None, None)
        for folder in [settings.folder, *settings.folder.parents][:3]:
            folder.chmod(0o755)
        history.parent.chmod(0o555)
        if os.getuid() == 0:
            under = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    content = history.read_bytes() if history.exists() else None
    with daemon(settings, simulator.endpoint, under=under) as running:
        if trouble == "read-only":
            # Nobody can trigger without a token, but the start-up pass shows as much.
            assert running.get("/v1/status", token=None)["history"]["error"]
        else:
            assert running.sync()["verdict"] == "converged"
            running.sync()
            status = until(lambda: (s := running.get("/v1/status")["history"])["waiting"] == 2 and s, "two that wait")
            assert words[trouble] in status["error"]
            assert len(running.get("/v1/runs")["runs"]) == 2
        [line] = running.wait_for_log("history-unusable")
        assert words[trouble] in line["error"] and line["level"] == "WARN"
        running.end()
    assert (history.read_bytes() if history.exists() else None) == content


def test_a_full_disk_loses_the_history_and_no_pass(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    simulator.load(world(400))

    # No file may grow past so many blocks; the signal that says so would end a program that does not know it.
    small = ["sh", "-c", 'trap "" XFSZ; ulimit -f 300; exec "$@"', "sh"]
    with daemon(settings, simulator.endpoint, under=small) as running:
        assert running.sync()["verdict"] == "converged"
        [line] = running.wait_for_log("history-unusable")
        assert "full" in line["error"] or "I/O" in line["error"], line
        assert running.sync()["verdict"] == "converged"
        running.end()
    assert sqlite(history, "PRAGMA integrity_check") == ["ok"]


def test_a_locked_file_holds_nothing_up_and_is_written_at_the_end(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        until(lambda: recorded(history) == 1, "the first run")
        # It gives the lock back when it is told to end.
        other = subprocess.Popen(["sqlite3", str(history)], stdin=subprocess.PIPE, text=True)
        assert other.stdin
        try:
            other.stdin.write("BEGIN IMMEDIATE;\n.shell touch " + str(history.parent / "locked") + "\n")
            other.stdin.flush()
            until((history.parent / "locked").exists, "the lock")
            since = time.monotonic()
            assert running.sync()["verdict"] == "converged"
            assert len(running.get("/v1/runs", timeout=10)["runs"]) == 2
            assert time.monotonic() - since < 5
            [line] = running.wait_for_log("history-unusable")
            assert "locked" in line["error"]
        finally:
            other.stdin.close()
            other.wait(10)
        running.end()
    assert recorded(history) == 2, "what waited was written before the end"


def test_what_is_locked_until_the_end_is_told_as_lost(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        first = running.sync()["run"]
        until(lambda: recorded(history) == 1, "the first run")
        with closing(sqlite3.connect(history, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            second = running.sync()["run"]
            assert running.end() < 3
            [line] = running.log("history-lost")
            assert second in line["lost"] and first not in line["lost"]
    assert recorded(history) == 1


def test_a_copy_that_an_auditor_can_only_read_is_read(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        running.end()
    for folder in [settings.folder, *settings.folder.parents][:3]:
        folder.chmod(0o755)
    settings.path.chmod(0o644)
    history.chmod(0o444)
    history.parent.chmod(0o555)
    # Root may write everywhere.
    under = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []

    def by_auditor() -> subprocess.CompletedProcess[str]:
        command = [*under, str(servers.rollcall_binary()), "--config", str(settings.path), "history"]
        return subprocess.run(command, env=environment(None), capture_output=True, text=True, check=False)

    told = by_auditor()
    assert (told.returncode, told.stderr) == (0, "") and "create_user" in told.stdout, told
    history.with_name("history.db-wal").write_bytes(b"what is latest")
    refused = by_auditor()
    assert refused.returncode == 1 and "`-wal`" in refused.stderr and "hint: " in refused.stderr, refused


@pytest.mark.parametrize(
    "login",
    [
        "=1+1@example.com",
        "<script>alert(1)</script>",
        'O\'Brien "Bob"',
        "🙂@example.com",
        "\u202emoc.elpmaxe@",
        "x" * 300,
    ],
)
def test_any_name_is_told_as_text(login: str, simulator: servers.Simulator, settings: Settings, history: Path) -> None:
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        until(lambda: recorded(history) == 1, "the run")
        running.end()
    # Nobody in AWS can have most of these logins, but a history may have been written by anything.
    with closing(sqlite3.connect(history)) as connection, connection:
        change = "UPDATE entry SET login = ?1, body = json_set(body, '$.login', ?1) WHERE login = ?2"
        assert connection.execute(change, (login, FIRST)).rowcount == 1
    [event] = asked(settings, "--person", login)["events"]
    assert event["login"] == login
    ended = rollcall("--config", settings.path, "history", "--person", login, "--output", "csv")
    [row] = csv.DictReader(io.StringIO(ended.stdout, newline=""))
    assert row["login"] == (f"'{login}" if login.startswith("=") else login)
    assert (row["kind"], row["result"], row["mapping"]) == ("create_user", "done", "Agents")
    table = rollcall("--config", settings.path, "history", "--person", login).stdout
    assert login.replace("\u202e", r"\u{202e}") in table


def test_a_clock_that_jumps_ahead_lets_go_of_nothing(
    simulator: servers.Simulator, settings: Settings, history: Path, tmp_path: Path
) -> None:
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert libraries, "faketime is missing: `apt-get install faketime`"
    settings.tables["history"]["keep"] = "30d"
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    fake = {"LD_PRELOAD": str(libraries[0]), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    with daemon(settings, simulator.endpoint, FAKETIME_DONT_FAKE_MONOTONIC="1", **fake) as running:
        for _ in range(3):
            running.sync()
        clock.write_text("+40d\n")
        ahead = running.sync()
        assert "clock-skew" in {finding["code"] for finding in findings(ahead).values()}
        until(lambda: recorded(history) == 4, "all runs, those of before too")
        running.end()


def test_a_reload_changes_how_long_and_not_where(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        settings.tables["history"] = {"path": str(history.with_name("other.db")), "keep": "1d"}
        settings.write()
        reload = running.reload()
        assert reload["successful"] and any("history.path" in note for note in reload["notes"])
        running.sync()
        until(lambda: recorded(history) == 1, "the run")
        assert not history.with_name("other.db").exists()


def test_a_command_and_the_daemon_write_the_same_file(
    simulator: servers.Simulator, settings: Settings, history: Path
) -> None:
    mismatch(simulator)
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
        until(lambda: recorded(history) == 1, "the daemon's run")
        ended = rollcall("--config", settings.path, "sync", "--output", "json", endpoint=simulator.endpoint)
        assert of_login(json.loads(ended.stdout))["state"] == "still"
        rollcall("--config", settings.path, "plan", endpoint=simulator.endpoint)
        assert recorded(history) == 2
        causes = [run["cause"] for run in asked(settings)["runs"]]
        assert causes == ["cli", "http"]
        assert len(running.get("/v1/runs")["runs"]) == 2
