"""Runs that people ask for: how they begin, go together, go side by side, can be watched, and are approved."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

import servers
from daemons import (
    INSTANCE,
    OTHER_TARGET,
    PATIENCE,
    TARGET,
    TARGETS,
    TOKEN,
    Answer,
    Daemon,
    Settings,
    daemon,
    until,
    world,
)

LAST = "agent0012@example.com"
ERRORS = f'rollcall_findings{{code="email-missing",severity="error",target="{TARGET}"}}'


@pytest.fixture
def running(simulator: servers.Simulator, settings: Settings) -> Iterator[Daemon]:
    """A daemon of the test's own."""
    with daemon(settings, simulator.endpoint) as each:
        yield each


@pytest.fixture
def slowly(simulator: servers.Simulator, settings: Settings) -> Iterator[Daemon]:
    """A daemon that creates two Connect users a second, and has twelve to create: its pass takes about six seconds."""
    simulator.load(world(12, 2))
    settings.targets = [TARGET, OTHER_TARGET]
    settings.tables["rates.connect"]["burst"] = 1
    settings.tables["rates.connect.operations"] = {"CreateUser": 2.0}
    with daemon(settings, simulator.endpoint) as each:
        yield each


def operations(simulator: servers.Simulator) -> list[str]:
    return [entry["operation"] for entry in simulator.journal()]


def written(simulator: servers.Simulator) -> list[str]:
    return [entry["operation"] for entry in simulator.journal() if entry["write"]]


def logins(simulator: servers.Simulator, instance: str = INSTANCE) -> set[str]:
    region = next(region for region, each, _ in TARGETS.values() if each == instance)
    users = simulator.client("connect", region).get_paginator("list_users").paginate(InstanceId=instance)
    return {user["Username"] for page in users for user in page["UserSummaryList"]}


def denied(simulator: servers.Simulator) -> None:
    """Nothing can be read, so that every run is over after its first calls."""
    for service in ("identitystore", "sso", "connect"):
        simulator.fault(service, "*", "access_denied")


def of_target(run: Any, name: str = TARGET) -> Any:
    return next(target for target in run["targets"] if target["name"] == name)


def begin(running: Daemon, **order: Any) -> str:
    """Asks for a run, and gives its id once it is under way."""
    answer = running.ask("POST", "/v1/sync", order)
    assert answer.status == 202, answer.body
    run = answer.json()["run"]
    until(lambda: running.run(run)["state"] != "queued", "the run's beginning")
    return run


def finished(running: Daemon, run: str) -> Any:
    return until(lambda: seen if (seen := running.run(run))["state"] == "done" else None, f"the end of {run}")


class Stream:
    """`GET /v1/events`, read by a thread of its own."""

    def __init__(self, stream: socket.socket) -> None:
        self.messages: list[tuple[str, Any]] = []
        self.ended = threading.Event()
        self._file = stream.makefile("rb")
        assert b" 200 " in self._file.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name = ""
        try:
            for line in self._file:
                field, _, value = line.decode().strip().partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self.messages.append((name, json.loads(value)))
        except (OSError, ValueError):
            pass
        finally:
            self.ended.set()

    def states(self, run: str) -> list[str]:
        """The states of a run in the order in which they were told, each once."""
        told = [data["state"] for name, data in self.messages if name == "run" and data["run"] == run]
        return list(dict.fromkeys(told))


@contextmanager
def watching(running: Daemon) -> Iterator[Stream]:
    with running.connect(timeout=60) as stream:
        request = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        stream.sendall(request.encode())
        yield Stream(stream)


# One run


def test_a_run_is_accepted_and_can_be_asked_about(running: Daemon, simulator: servers.Simulator) -> None:
    answer = running.ask("POST", "/v1/sync")
    assert answer.status == 202
    run = answer.json()["run"]
    assert answer.headers["Location"] == f"/v1/runs/{run}"
    report = finished(running, run)
    assert (report["run"], report["mode"], report["cause"]) == (run, "apply", "http")
    assert report["verdict"] == "converged"
    assert [action["result"] for action in of_target(report)["actions"]] == ["done"] * 3
    assert logins(simulator) == {f"agent000{number}@example.com" for number in (1, 2, 3)}


def test_whoever_waits_gets_the_report(running: Daemon) -> None:
    report = running.sync()
    assert report["state"] == "done"
    assert report == running.run(report["run"])
    assert running.status()["verdict"] == "converged"
    assert running.sync()["targets"][0]["actions"] == [], "twice the same is once"


def test_whoever_waits_in_vain_is_told_where_to_ask(slowly: Daemon) -> None:
    since = time.monotonic()
    answer = slowly.ask("POST", "/v1/sync?wait=1", {})
    assert 0.9 < time.monotonic() - since < 4
    assert answer.status == 202
    assert answer.headers["Location"] == f"/v1/runs/{answer.json()['run']}"
    assert slowly.run(answer.json()["run"])["state"] == "running"


def test_a_dry_run_writes_nothing(running: Daemon, simulator: servers.Simulator) -> None:
    report = running.sync(dry_run=True)
    assert (report["mode"], report["verdict"]) == ("plan", "pending")
    assert [action["result"] for action in of_target(report)["actions"]] == ["planned"] * 3
    assert written(simulator) == []


def test_a_run_of_one_person_is_about_nobody_else(running: Daemon, simulator: servers.Simulator) -> None:
    person = "agent0002@example.com"
    report = running.sync(person=person)
    assert [(each["kind"], each["login"]) for each in of_target(report)["actions"]] == [("create_user", person)]
    assert written(simulator) == ["CreateUser"]
    assert logins(simulator) == {person}
    simulator.clear_journal()
    assert of_target(running.sync(person=person))["actions"] == []
    assert not {"ListUsers", "ListGroupMemberships"} & set(operations(simulator)), "nobody else is read"
    assert running.status()["verdict"] is None, "how the target stands is told by passes of everybody"
    assert running.metrics()[f'rollcall_last_attempt_timestamp_seconds{{target="{TARGET}"}}'] == 0


def test_a_target_that_is_only_planned_is_never_written_to(simulator: servers.Simulator, settings: Settings) -> None:
    settings.plan_only = {TARGET}
    settings.tables["schedule"]["on_start"] = True
    with daemon(settings, simulator.endpoint) as running:
        (line,) = running.wait_for_log("pass")
        assert (line["verdict"], line["cause"], line["created"]) == ("pending", "startup", 0)
        for order in ({}, {"person": "agent0001@example.com"}):
            report = running.sync(**order)
            assert (report["mode"], report["verdict"], of_target(report)["mode"]) == ("apply", "pending", "plan")
            assert {action["result"] for action in of_target(report)["actions"]} == {"planned"}
    assert written(simulator) == []


def test_a_person_is_explained_by_live_reads(running: Daemon, simulator: servers.Simulator) -> None:
    person = "agent0001@example.com"
    (before,) = running.get(f"/v1/explain?person={person}&target={TARGET}")["targets"]
    running.sync()
    (after,) = running.get(f"/v1/explain?person={person}")["targets"]
    assert (before["verdict"], after["verdict"]) == ("not ready", "ready")
    assert running.get("/v1/explain?person=nobody@example.com")["targets"][0]["verdict"] == "not ready"
    assert len([line for line in running.get("/v1/runs")["runs"]]) == 1, "it is no run"


def test_a_run_of_one_target_is_about_no_other(simulator: servers.Simulator, settings: Settings) -> None:
    simulator.load(world(2, 2))
    settings.targets = [TARGET, OTHER_TARGET]
    with daemon(settings, simulator.endpoint) as running:
        report = running.sync(target=OTHER_TARGET)
        assert [target["name"] for target in report["targets"]] == [OTHER_TARGET]
        assert logins(simulator) == set()
        report = running.sync()
        assert [target["name"] for target in report["targets"]] == [TARGET, OTHER_TARGET]
        assert len(logins(simulator)) == 2


def test_runs_are_listed_the_latest_first_page_by_page(running: Daemon) -> None:
    wanted = [running.sync(dry_run=True)["run"] for _ in range(5)][::-1]
    got, before = [], ""
    for _ in range(3):
        page = running.get(f"/v1/runs?limit=2{before}")
        got += [line["run"] for line in page["runs"]]
        before = f"&before={page['next']}"
    assert got == wanted
    assert page["next"] is None


# Many at once


def test_a_thousand_triggers_at_once_are_one_pass_now_and_one_after(
    running: Daemon, simulator: servers.Simulator
) -> None:
    # The first pass lasts until every trigger has come.
    simulator.fault("connect", "SearchUsers", "slow", delay_ms=4_000, count=1)
    first = begin(running)
    since = time.monotonic()

    def trigger(_: int) -> list[tuple[int, str]]:
        connection = http.client.HTTPConnection(running.host, running.port, timeout=PATIENCE)
        answers = []
        for _ in range(20):
            connection.request("POST", "/v1/sync", headers={"Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            answers.append((answer.status, json.loads(answer.read())["run"]))
        connection.close()
        return answers

    with ThreadPoolExecutor(50) as pool:
        answers = [answer for each in pool.map(trigger, range(50)) for answer in each]
    took = time.monotonic() - since
    assert running.run(first)["state"] == "running", f"1,000 triggers took {took:.1f} s, longer than the pass"
    assert len(answers) == 1_000
    assert {status for status, _ in answers} == {202}
    (second,) = {run for _, run in answers}
    assert second != first
    assert running.run(second)["state"] == "queued"
    assert finished(running, first)["verdict"] == finished(running, second)["verdict"] == "converged"
    assert [line["run"] for line in running.get("/v1/runs")["runs"]] == [second, first]
    assert operations(simulator).count("SearchUsers") == 2
    assert written(simulator) == ["CreateUser"] * 3
    passes = {series: count for series, count in running.metrics().items() if count and "passes_total" in series}
    assert passes == {f'rollcall_passes_total{{cause="http",target="{TARGET}",verdict="converged"}}': 2}


def test_requests_that_differ_are_runs_of_their_own(running: Daemon, simulator: servers.Simulator) -> None:
    simulator.fault("connect", "SearchUsers", "slow", delay_ms=2_000, count=1)
    first = begin(running)
    orders = [{}, {"dry_run": True}, {"target": TARGET}]
    runs = [[running.ask("POST", "/v1/sync", order).json()["run"] for _ in range(3)] for order in orders]
    assert [len(set(same)) for same in runs] == [1, 1, 1]
    assert len({first, *(run for same in runs for run in same)}) == 4
    for same in runs:
        finished(running, same[0])
    assert written(simulator) == ["CreateUser"] * 3


def test_too_many_different_requests_are_refused_and_the_daemon_goes_on(
    simulator: servers.Simulator, settings: Settings
) -> None:
    # No run ends by itself. One connection each: with all their calls, a usual limit of open files would be the first.
    settings.tables["timeouts"] = {"connect": "1s", "attempt": "60s", "call": "60s"}
    simulator.fault("identitystore", "GetUserId", "hang")
    with daemon(settings, simulator.endpoint) as running:

        def trigger(number: int) -> Answer:
            return running.ask("POST", "/v1/sync", {"person": f"nobody{number}@example.com", "dry_run": True})

        with ThreadPoolExecutor(32) as pool:
            refused = [answer for answer in pool.map(trigger, range(600)) if answer.status != 202]
        assert 0 < len(refused) < 600
        assert all(answer.is_problem(503) and int(answer.headers["Retry-After"]) > 0 for answer in refused)
        assert len(running.get("/v1/status")["runs"]) == 600 - len(refused)
        assert running.ask("GET", "/readyz").status == 200
        assert running.end() < 2.5
        assert running.process.returncode == 0


# Side by side


def test_one_person_is_served_while_a_pass_of_everybody_is_under_way(
    slowly: Daemon, simulator: servers.Simulator
) -> None:
    everybody = begin(slowly, target=TARGET)
    until(lambda: of_target(slowly.run(everybody))["progress"]["total"] == 12, "the plan")
    since = time.monotonic()
    report = slowly.sync(target=TARGET, person=LAST)
    took = time.monotonic() - since
    assert slowly.run(everybody)["state"] == "running"
    assert [(action["kind"], action["result"]) for action in of_target(report)["actions"]] == [("create_user", "done")]
    assert LAST in logins(simulator)
    assert took < 3, f"one person waited {took:.1f} s"
    rest = of_target(finished(slowly, everybody))["actions"]
    results = {action["login"]: action["result"] for action in rest}
    assert results.pop(LAST) in ("skipped", "already_so")
    assert set(results.values()) == {"done"}
    creates = [entry for entry in simulator.journal() if entry["operation"] == "CreateUser"]
    assert [entry["status"] for entry in creates] == [200] * 12, "nobody was tried twice"
    assert slowly.sync(target=TARGET)["verdict"] == "converged"


def test_targets_do_not_wait_for_one_another(slowly: Daemon, simulator: servers.Simulator) -> None:
    everybody = begin(slowly)
    until(lambda: of_target(slowly.run(everybody), OTHER_TARGET)["verdict"] == "converged", "the smaller target's end")
    assert of_target(slowly.run(everybody))["verdict"] is None
    assert slowly.status()["busy"] is True
    assert slowly.status(OTHER_TARGET)["busy"] is False
    assert slowly.sync(target=OTHER_TARGET)["verdict"] == "converged"
    assert slowly.run(everybody)["state"] == "running"


# Watched


def test_a_run_tells_how_far_it_has_come(slowly: Daemon) -> None:
    run = begin(slowly, target=TARGET)
    seen: list[tuple[int, int, float]] = []
    while (view := slowly.run(run))["state"] != "done":
        progress = of_target(view)["progress"]
        seen.append((progress["done"], progress["total"], progress["eta_seconds"]))
        assert (view["verdict"], view["finished_at"]) == (None, None)
        assert view["started_at"] is not None
        time.sleep(0.2)
    planned = [each for each in seen if each[1]]
    assert {total for _, total, _ in planned} == {12}
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert len({done for done, _, _ in planned}) > 5
    first, last = planned[0], planned[-1]
    assert 3 < first[2] < 9, "twelve at two a second"
    assert last[2] < first[2] / 2


def test_the_stream_tells_each_step_of_a_run(slowly: Daemon) -> None:
    with watching(slowly) as one, watching(slowly) as other:
        first = begin(slowly, target=TARGET)
        for stream in (one, other):
            until(lambda stream=stream: stream.states(first) == ["queued", "running"], "the first run's beginning")
        second = slowly.ask("POST", "/v1/sync", {"target": TARGET}).json()["run"]
        for stream in (one, other):
            until(lambda stream=stream: "queued" in stream.states(second), "the second run's request")
            assert stream.states(second) == ["queued"]
        for stream in (one, other):
            until(lambda stream=stream: "done" in stream.states(second), "the second run's end")
            assert stream.states(first) == stream.states(second) == ["queued", "running", "done"]
        told = [data for name, data in one.messages if name == "run" and data["run"] == first]
        # The beginning and the end are told at once, progress once a second.
        assert len({data["progress"]["done"] for data in told}) >= 4
        assert (told[0]["cause"], told[0]["mode"], told[0]["verdict"]) == ("http", "apply", None)
        assert (told[-1]["verdict"], told[-1]["progress"]["done"]) == ("converged", 12)


def test_the_stream_tells_that_the_configuration_was_read_anew(running: Daemon) -> None:
    with watching(running) as stream:
        running.reload()
        until(lambda: "reload" in [name for name, _ in stream.messages], "the message")


def test_a_stream_ends_with_its_token_and_tells_nothing_more(running: Daemon, settings: Settings) -> None:
    with watching(running) as stream:
        running.sync(dry_run=True)
        until(lambda: [data for _, data in stream.messages if data["state"] == "done"], "the first run")
        told = len(stream.messages)
        settings.secret("token", "another")
        assert running.ask("POST", "/v1/sync", {}, token="another").status == 202
        assert stream.ended.wait(PATIENCE)
        assert len(stream.messages) == told


def test_what_was_found_can_be_asked_for_by_what_it_is(simulator: servers.Simulator, settings: Settings) -> None:
    simulator.load(world(2) + '[[people]]\nuser_name = "kiosk"\ngroups = ["Agents"]\n')
    settings.targets = [TARGET, OTHER_TARGET]
    with daemon(settings, simulator.endpoint) as running:
        assert running.get("/v1/findings")["findings"] == [], "nothing was read yet"
        report = running.sync(dry_run=True)

        def codes(query: str = "") -> set[tuple[str, str]]:
            found = running.get(f"/v1/findings{query}")["findings"]
            return {(finding["target"], finding["code"]) for finding in found}

        everything = {(target["name"], each["code"]) for target in report["targets"] for each in target["findings"]}
        assert codes() == everything
        assert codes("?severity=error") == codes("?code=email-missing") == {(TARGET, "email-missing")}
        assert codes(f"?target={OTHER_TARGET}") == {pair for pair in everything if pair[0] == OTHER_TARGET}
        assert codes("?accepted=true") == set()
        assert codes(f"?accepted=false&severity=error&target={OTHER_TARGET}") == set()
        assert running.status()["errors"] == 1
        assert running.metrics()[ERRORS] == 1


def test_a_reader_who_does_not_read_is_told_that_something_was_missed(
    running: Daemon, simulator: servers.Simulator
) -> None:
    with socket.socket() as lagging:
        # As little room on the way as the system allows, so that the daemon soon cannot send any more.
        lagging.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        lagging.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        lagging.settimeout(PATIENCE)
        lagging.connect((running.host, running.port))
        lagging.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        denied(simulator)
        with watching(running) as reading:
            with ThreadPoolExecutor(16) as pool:
                orders = ({"person": f"nobody{number}@example.com", "dry_run": True} for number in range(500))
                runs = list(pool.map(lambda order: running.sync(**order)["run"], orders))
            until(lambda: reading.states(runs[-1])[-1:] == ["done"], "the last run's end")
            assert "missed" not in [name for name, _ in reading.messages], "who reads misses nothing"
        stream = Stream(lagging)
        last = running.sync(dry_run=True)["run"]
        until(lambda: stream.states(last)[-1:] == ["done"], "what comes after")
        assert "missed" in [name for name, _ in stream.messages]


# Approved


@pytest.fixture
def guarded(simulator: servers.Simulator, settings: Settings) -> Iterator[Daemon]:
    """A daemon that may create nobody without an approval."""
    settings.tables["policy"]["max_changes"] = 0
    with daemon(settings, simulator.endpoint) as each:
        yield each


def approve(guarded: Daemon, code: str) -> Any:
    """Approves, and gives the report of the pass that this starts."""
    answer = guarded.ask("POST", "/v1/approvals", {"approval": code, "by": "Ops on call"})
    assert answer.status == 202, answer.body
    run = answer.json()["run"]
    assert answer.headers["Location"] == f"/v1/runs/{run}"
    return finished(guarded, run)


def test_what_is_approved_is_carried_out_once(guarded: Daemon, simulator: servers.Simulator) -> None:
    held = guarded.sync()
    assert held["verdict"] == "held"
    assert len(of_target(held)["withheld"]) == 3
    code = of_target(held)["approval"]
    assert guarded.status()["approval"] == code
    report = approve(guarded, code)
    assert report["verdict"] == "converged"
    assert len(logins(simulator)) == 3
    (line,) = guarded.log("approved")
    assert (line["approval"], line["by"], line["target"]) == (code, "Ops on call", TARGET)
    assert line["peer"].startswith("127.0.0.1:")
    assert line["timestamp"]
    assert guarded.ask("POST", "/v1/approvals", {"approval": code, "by": "x"}).is_problem(409)

    # What was approved once is not approved for good.
    connect = simulator.client("connect", "eu-west-2")
    users = connect.list_users(InstanceId=INSTANCE)["UserSummaryList"]
    connect.delete_user(InstanceId=INSTANCE, UserId=users[0]["Id"])
    assert guarded.sync()["verdict"] == "held"
    assert len(logins(simulator)) == 2


def test_a_code_that_nobody_told_approves_nothing(guarded: Daemon, simulator: servers.Simulator) -> None:
    assert guarded.ask("POST", "/v1/approvals", {"approval": "7f3a91c2", "by": "ops"}).is_problem(404)
    code = of_target(guarded.sync())["approval"]
    wrong = f"{int(code, 16) ^ 1:0{len(code)}x}"
    assert guarded.ask("POST", "/v1/approvals", {"approval": wrong, "by": "ops"}).is_problem(404)
    assert written(simulator) == []


def test_a_dry_run_tells_no_code_that_is_not_good(guarded: Daemon, simulator: servers.Simulator) -> None:
    planned = guarded.sync(dry_run=True)
    report = approve(guarded, of_target(planned)["approval"])
    assert report["verdict"] == "converged"
    assert len(logins(simulator)) == 3


def test_an_approval_lets_through_what_is_still_planned_and_nothing_else(
    guarded: Daemon, simulator: servers.Simulator
) -> None:
    code = of_target(guarded.sync())["approval"]
    simulator.load(world(5))
    report = approve(guarded, code)
    assert report["verdict"] == "held"
    assert logins(simulator) == {f"agent000{number}@example.com" for number in (1, 2, 3)}
    assert len(of_target(report)["withheld"]) == 2
    assert of_target(report)["approval"] != code


def test_an_approval_outlives_a_pass_that_failed(guarded: Daemon, simulator: servers.Simulator) -> None:
    code = of_target(guarded.sync())["approval"]
    simulator.fault("connect", "CreateUser", "access_denied")
    assert approve(guarded, code)["verdict"] == "incomplete"
    simulator.clear_faults()
    assert guarded.sync()["verdict"] == "converged"
    assert len(logins(simulator)) == 3


def test_a_restart_forgets_codes_and_approvals(
    guarded: Daemon, simulator: servers.Simulator, settings: Settings
) -> None:
    code = of_target(guarded.sync())["approval"]
    guarded.end()
    with daemon(settings, simulator.endpoint) as anew:
        assert anew.ask("POST", "/v1/approvals", {"approval": code, "by": "ops"}).is_problem(404)
