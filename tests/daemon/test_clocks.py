"""The host's clock is wrong, alone or together with the services': nobody is removed before their time.

The program's clock is moved by `faketime`, the simulator's by its control plane.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import servers
from clock import Clock
from daemons import INSTANCE, STORE, Daemon, Settings, daemon, rollcall, until

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
JUMPS = [-HOUR, 40 * DAY, -40 * DAY]
SINCE, AT = "rollcall:absent-since", "rollcall:quarantined-at"


def tag(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def ladder(now: datetime) -> str:
    """Who has only just left; on each rung somebody with an hour left; and one who stays."""
    marks = {
        "new": {},
        "early": {SINCE: tag(now - 71 * HOUR)},
        "parked": {SINCE: tag(now - 90 * DAY), AT: tag(now - 30 * DAY + HOUR)},
        "stays": {},
    }
    text = f"""
[identity_center]
store = "{STORE}"
[[groups]]
name = "Agents"
[[instances]]
id = "{INSTANCE}"
alias = "support"
routing_profiles = ["Basic Routing Profile", "Parking"]
security_profiles = ["Admin", "Agent", "NoAccess"]
"""
    for name, carried in marks.items():
        tags = {
            "rollcall:owner": "rollcall",
            "rollcall:principal": f"{{user_id:{name}@example.com}}",
            "rollcall:mapping": "{group_id:Agents}",
        } | carried
        written = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in tags.items())
        text += f'[[instances.users]]\nlogin = "{name}@example.com"\nsecurity_profiles = ["Agent"]\ntags = {{ {written} }}\n'
    for name in marks:
        groups = '["Agents"]' if name == "stays" else "[]"
        text += f'[[people]]\nuser_name = "{name}@example.com"\nfamily_name = "N"\ngroups = {groups}\n'
    return text


@pytest.fixture
def leavers(simulator: servers.Simulator, settings: Settings) -> servers.Simulator:
    """The ladder, and a configuration under which everybody goes down to the last rung."""
    settings.tables["policy"] = {"removals": "delete"}
    settings.tables["quarantine"] = {"routing_profile": "Parking", "security_profiles": ["NoAccess"]}
    simulator.load(ladder(datetime.now(timezone.utc)))
    return simulator


def users(simulator: servers.Simulator) -> dict[str, Any]:
    return {user["login"].partition("@")[0]: user for user in simulator.world()["instances"][0]["users"]}


def sync(simulator: servers.Simulator, settings: Settings, clock: Clock) -> tuple[dict[str, str], set[str]]:
    """A pass of its own process at that time: what was done to whom, and the codes of what was found."""
    ended = rollcall(
        "--config", settings.write(), "sync", "--output", "json", endpoint=simulator.endpoint, **clock.variables()
    )
    assert ended.returncode == 0, ended.stderr
    (target,) = json.loads(ended.stdout)["targets"]
    assert {action["result"] for action in target["actions"]} <= {"done"}
    actions = {action["login"].partition("@")[0]: action["kind"] for action in target["actions"]}
    return actions, {finding["code"] for finding in target["findings"]}


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_host_whose_clock_is_wrong_moves_nobody_and_takes_no_time_from_anybody(
    leavers: servers.Simulator, settings: Settings, clock: Clock, jump: timedelta
) -> None:
    before = users(leavers)
    clock.set(datetime.now(timezone.utc) + jump)
    actions, codes = sync(leavers, settings, clock)
    assert (actions, "clock-skew" in codes) == ({}, True)
    assert users(leavers) == before
    clock.set(datetime.now(timezone.utc))
    actions, codes = sync(leavers, settings, clock)
    assert (actions, "clock-skew" in codes) == ({"new": "mark_absent"}, False)
    after = users(leavers)
    marked = datetime.fromisoformat(after.pop("new")["tags"][SINCE].replace("Z", "+00:00"))
    assert abs(marked - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert after == {name: user for name, user in before.items() if name != "new"}


def test_forty_days_that_pass_for_both_make_due_what_is_due(
    leavers: servers.Simulator, settings: Settings, clock: Clock
) -> None:
    later = datetime.now(timezone.utc) + 40 * DAY
    clock.set(later)
    leavers.clock(now=tag(later))
    actions, codes = sync(leavers, settings, clock)
    assert actions == {"new": "mark_absent", "early": "quarantine_user", "parked": "delete_user"}
    assert "clock-skew" not in codes


def test_what_two_wrong_clocks_wrote_begins_anew_when_they_are_right(
    leavers: servers.Simulator, settings: Settings, clock: Clock
) -> None:
    settings.tables["policy"]["removals"] = "quarantine"
    before = users(leavers)
    later = datetime.now(timezone.utc) + 40 * DAY
    clock.set(later)
    leavers.clock(now=tag(later))
    assert sync(leavers, settings, clock)[0] == {"new": "mark_absent", "early": "quarantine_user"}
    settings.tables["policy"]["removals"] = "delete"
    leavers.clock(offset_seconds=0)
    clock.set(datetime.now(timezone.utc))
    actions, codes = sync(leavers, settings, clock)
    assert actions == {"new": "mark_absent", "early": "mark_absent"}
    assert "tag-invalid" in codes
    now = users(leavers)
    for name, key in (("new", SINCE), ("early", AT)):
        anew = datetime.fromisoformat(now[name]["tags"][key].replace("Z", "+00:00"))
        assert abs(anew - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert now["parked"] == before["parked"], "and nobody else has lost anything"
    assert sync(leavers, settings, clock)[0] == {}


def held(running: Daemon) -> str:
    """The code of what a pass withholds."""
    (target,) = running.sync()["targets"]
    assert target["withheld"], target
    return target["approval"]


@pytest.mark.parametrize("jump", [25 * HOUR, *JUMPS], ids=str)
def test_an_approval_is_as_good_as_it_was_whatever_the_clock_does(
    simulator: servers.Simulator, settings: Settings, clock: Clock, jump: timedelta
) -> None:
    settings.tables["policy"]["max_changes"] = 0
    clock.set(datetime.now(timezone.utc))
    with daemon(settings, simulator.endpoint, **clock.variables()) as running:
        code = held(running)
        clock.set(clock.now() + jump)
        simulator.clock(now=tag(clock.now()))
        assert running.ask("POST", "/v1/approvals", {"approval": code, "by": "ops"}).status == 202
        until(lambda: running.status()["verdict"] == "converged", "what was approved")


def test_a_daemon_whose_clock_jumps_takes_nobody_down_and_goes_on_when_it_is_right(
    leavers: servers.Simulator, settings: Settings, clock: Clock
) -> None:
    clock.set(datetime.now(timezone.utc))
    before = users(leavers)
    with daemon(settings, leavers.endpoint, **clock.variables()) as running:
        for jump in JUMPS:
            clock.set(datetime.now(timezone.utc) + jump)
            (target,) = running.sync()["targets"]
            assert target["actions"] == []
            assert "clock-skew" in [finding["code"] for finding in target["findings"]]
            assert users(leavers) == before
        clock.set(datetime.now(timezone.utc))
        (target,) = running.sync()["targets"]
        assert [action["kind"] for action in target["actions"]] == ["mark_absent"]
        assert "clock-skew" in [line["code"] for line in running.log("finding") if line["state"] == "gone"]
