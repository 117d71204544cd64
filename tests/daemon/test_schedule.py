"""Passes by the time of day: across changes of clocks, with a clock that is set, and while a pass is still busy.

The daemon's clock is moved by `faketime` while it runs; time that only passes, as it does for time-outs, stays real.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

import servers
from clock import Clock, moment
from daemons import OTHER_TARGET, TARGET, Daemon, Settings, daemon, until, world

# The scheduler looks twice a second, and a busy machine may add to it.
LATE = timedelta(seconds=2)
# How long before its moment the clock is set, so that everything is at rest by then.
BEFORE = timedelta(seconds=2)


def begun(running: Daemon) -> list[datetime]:
    """When each scheduled run began, by the daemon's clock, the earliest first."""
    runs = running.get("/v1/runs?limit=100")["runs"]
    return [read(run["started_at"]) for run in runs if run["cause"] == "schedule" and run["started_at"]][::-1]


def read(text: str) -> datetime:
    # Python reads microseconds, and no more digits.
    whole, _, fraction = text.rstrip("Z").partition(".")
    return moment(f"{whole}.{fraction[:6].ljust(6, '0')}")


@pytest.fixture(scope="module", autouse=True)
def set_back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, datetime]]:
    """A daemon with a tick a second, whose clock was set back by an hour, and the moment at which it was.

    It is started before all other tests of this file and judged after them, since it has a minute's time.
    """
    folder = tmp_path_factory.mktemp("set-back")
    clock, settings = Clock(folder), Settings(folder)
    clock.set(moment("2027-05-05 12:00:00"))
    settings.tables["schedule"]["cron"] = "* * * * * *"
    world_file = folder / "world.toml"
    world_file.write_text(world())
    # A simulator of its own: other tests make theirs slow.
    with servers.simulator(world_file) as simulator:
        simulator.options(throttle=False)
        with daemon(settings, simulator.endpoint, **clock.variables()) as running:
            running.wait_for_log("pass", 2)
            clock.set(clock.now() - timedelta(hours=1))
            yield running, clock.now()


@pytest.mark.parametrize(
    "moments",
    [
        # To summer time in the night to the 28th, and back in the night to the 31st.
        ["2027-03-27 07:00:00", "2027-03-28 06:00:00", "2027-03-29 06:00:00"],
        ["2027-10-30 06:00:00", "2027-10-31 07:00:00", "2027-11-01 07:00:00"],
    ],
)
def test_seven_in_london_is_seven_on_both_sides_of_a_change_of_clocks(
    simulator: servers.Simulator, settings: Settings, clock: Clock, moments: list[str]
) -> None:
    settings.tables["schedule"] |= {"cron": "0 0 7 * * *", "timezone": "Europe/London"}
    expected = [moment(text) for text in moments]
    clock.set(expected[0] - BEFORE)
    with daemon(settings, simulator.endpoint, **clock.variables()) as running:
        for number, due in enumerate(expected):
            clock.set(due - BEFORE)
            simulator.clock(now=(due - BEFORE).isoformat().replace("+00:00", "Z"))
            assert read(running.get("/v1/status")["next_pass_at"]) == due
            assert running.metrics()["rollcall_next_pass_timestamp_seconds"] == due.timestamp()
            until(lambda number=number: len(begun(running)) > number, f"the pass of {due}", 10)
            until(lambda: not running.get("/v1/status")["runs"], "its end")
        ticks = begun(running)
        lines = running.wait_for_log("pass", len(expected))
    assert [due <= tick <= due + LATE for due, tick in zip(expected, ticks, strict=True)] == [True] * 3, ticks
    assert [(line["cause"], line["verdict"]) for line in lines] == [("schedule", "converged")] * 3


def test_a_clock_that_is_set_forward_brings_one_pass_and_no_flood(
    simulator: servers.Simulator, settings: Settings, clock: Clock
) -> None:
    settings.tables["schedule"]["cron"] = "0 * * * * *"
    clock.set(moment("2027-05-05 12:00:30"))
    with daemon(settings, simulator.endpoint, **clock.variables()) as running:
        clock.set(moment("2027-05-06 09:30:56"))
        until(lambda: begun(running) and begun(running)[-1] >= moment("2027-05-06 09:31:00"), "the next minute")
        time.sleep(1)
        ticks = begun(running)
    assert len(ticks) <= 2, ticks
    assert ticks[-1] <= moment("2027-05-06 09:31:00") + LATE


@pytest.mark.parametrize("jitter", [0, 1])
def test_forty_days_forward_bring_one_pass_and_then_the_regular_ones(
    simulator: servers.Simulator, settings: Settings, clock: Clock, jitter: int
) -> None:
    settings.tables["schedule"] |= {"cron": "*/5 * * * * *", "jitter": f"{jitter}s"}
    clock.set(moment("2027-05-05 12:00:03"))
    with daemon(settings, simulator.endpoint, **clock.variables()) as running:
        until(lambda: begun(running), "a tick before")
        jump = moment("2027-06-14 12:00:01")
        clock.set(jump)
        regular = [jump.replace(second=5), jump.replace(second=10)]
        until(lambda: begun(running)[-1] >= regular[-1], "the regular ticks")
        ticks = [tick for tick in begun(running) if tick >= jump]
    first, second = [[tick for tick in ticks if due <= tick < due + timedelta(seconds=5)] for due in regular]
    late = LATE + timedelta(seconds=jitter)
    assert [tick <= due + late for due, tick in zip(regular, first + second, strict=True)] == [True, True], ticks
    assert len(ticks) <= 3, "at most one makes up for all that were missed"


def test_ticks_that_fall_into_a_busy_pass_are_left_out_and_not_made_up(
    simulator: servers.Simulator, settings: Settings
) -> None:
    simulator.load(world(1))
    settings.tables["schedule"]["cron"] = "*/2 * * * * *"
    settings.tables["timeouts"] = {"connect": "1s", "attempt": "20s", "call": "20s"}
    settings.targets = [TARGET, OTHER_TARGET]
    simulator.fault("connect", "CreateUser", "slow", delay_ms=5_000, count=1)
    with daemon(settings, simulator.endpoint) as running:
        busy = until(lambda: running.status()["busy"], "a first pass")
        assert busy
        until(lambda: not running.status()["busy"], "its end")
        time.sleep(4)
        runs = [run for run in running.get("/v1/runs")["runs"] if run["started_at"]]
        assert all(running.ask("GET", f"/v1/runs/{run['run']}").status == 200 for run in runs)
    # They are listed as they ended.
    runs.sort(key=lambda run: read(run["started_at"]))
    first, *later = runs
    assert first["targets"] == [TARGET, OTHER_TARGET]
    took = read(first["finished_at"]) - read(first["started_at"])
    assert took > timedelta(seconds=4.5)
    meanwhile = [run for run in later if run["started_at"] < first["finished_at"]]
    afterwards = [run for run in later if run["started_at"] > first["finished_at"]]
    assert len(meanwhile) >= 2
    assert {tuple(run["targets"]) for run in meanwhile} == {(OTHER_TARGET,)}, "the idle target goes on"
    assert {tuple(run["targets"]) for run in afterwards} == {(TARGET, OTHER_TARGET)}
    ticks = [read(run["started_at"]) for run in runs]
    assert min(later - sooner for sooner, later in itertools.pairwise(ticks)) > timedelta(seconds=1), ticks


def test_a_tick_at_which_everything_is_busy_starts_nothing_and_says_so(
    simulator: servers.Simulator, settings: Settings
) -> None:
    settings.tables["schedule"]["cron"] = "* * * * * *"
    simulator.fault("connect", "SearchUsers", "slow", delay_ms=3_500, count=1)
    with daemon(settings, simulator.endpoint) as running:
        lines = running.wait_for_log("tick-left-out", 2)
        running.wait_for_log("pass")
        assert {line["level"] for line in lines} == {"INFO"}
        assert len(begun(running)) <= 2


def test_jitter_puts_a_pass_off(simulator: servers.Simulator, settings: Settings) -> None:
    # Of thirty days it is never the first seconds.
    settings.tables["schedule"] |= {"cron": "* * * * * *", "jitter": "30d"}
    with daemon(settings, simulator.endpoint) as running:
        time.sleep(3)
        assert begun(running) == []
        assert running.end() < 1, "and the end does not wait for it"


def test_a_clock_that_is_set_back_stalls_nothing_for_longer_than_a_minute(set_back: tuple[Daemon, datetime]) -> None:
    running, since = set_back

    def after() -> list[datetime]:
        # What was told before has a time that lies an hour ahead.
        told = [read(line["timestamp"]) for line in running.log("pass")]
        return [tick for tick in told if tick < since + timedelta(minutes=30)]

    first, *_, last = until(lambda: ticks if len(ticks := after()) >= 3 else None, "ticks by the new clock", 75)
    assert since <= first <= since + timedelta(minutes=1) + LATE
    assert last - first <= timedelta(seconds=2) * len(after()), "and then it ticks as before"
