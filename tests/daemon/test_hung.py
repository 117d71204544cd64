"""A service that falls silent for one target: the daemon lives, and the other target's passes go on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import servers
from daemons import OTHER_TARGET, TARGET, Daemon, Settings, daemon, until, world

FAILURES = f'rollcall_consecutive_failures{{target="{TARGET}"}}'
# An attempt may take two seconds, a call three; between attempts the SDK waits for three at most.
TIMEOUTS = {"connect": "1s", "attempt": "2s", "call": "3s"}
BOUND = 3 + 3
# What everything else may take while a machine is busy.
BESIDES = 10


class OneWithHierarchy(Settings):
    """Only the first target names a hierarchy group, so that only its passes list them."""

    def text(self) -> str:
        return super().text().replace('group = "Agents"', 'group = "Agents"\nhierarchy = "EMEA"')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = OneWithHierarchy(tmp_path, targets=[TARGET, OTHER_TARGET])
    settings.tables["schedule"] |= {"cron": "* * * * * *", "on_start": True}
    settings.tables["timeouts"] = dict(TIMEOUTS)
    return settings


def passes(running: Daemon, target: str) -> list[str]:
    """The verdicts of a target's passes so far."""
    return [line["verdict"] for line in running.log("pass") if line["target"] == target]


@pytest.mark.parametrize("kind", ["hang", "stall"])
@pytest.mark.parametrize("operation", ["ListUserHierarchyGroups", "CreateUser"], ids=["reading", "writing"])
def test_a_service_that_falls_silent_for_one_target_holds_up_nothing_else(
    simulator: servers.Simulator, settings: Settings, operation: str, kind: str
) -> None:
    # The hierarchy that the mapping names is there, and only the first target has people.
    simulator.load(world(2).replace('alias = "support"', 'alias = "support"\nhierarchy = ["EMEA"]'))
    simulator.fault("connect", operation, kind)
    with daemon(settings, simulator.endpoint) as running:
        until(lambda: operation in [entry["operation"] for entry in simulator.journal()], "the silence")
        before = len(passes(running, OTHER_TARGET))
        slowest = 0.0
        since = time.monotonic()
        while not passes(running, TARGET):
            assert time.monotonic() - since < BOUND + BESIDES
            for path in ("/livez", "/metrics", "/readyz"):
                asked = time.monotonic()
                assert running.ask("GET", path, token=None).status == 200
                slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.1)
        assert slowest < 1, "whoever watches is answered meanwhile"
        meanwhile = passes(running, OTHER_TARGET)[before:]
        assert len(meanwhile) >= 1
        assert set(meanwhile) == {"converged"}
        is_read = operation == "ListUserHierarchyGroups"
        assert passes(running, TARGET)[0] == ("failed" if is_read else "incomplete")
        assert (running.metrics()[FAILURES] >= 1) == is_read
        simulator.clear_faults()
        until(lambda: passes(running, TARGET)[-1] == "converged", "the pass that is heard")
        assert running.metrics()[FAILURES] == 0
