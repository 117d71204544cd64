"""Proves that a real Prometheus reads the running daemon without complaint, that the daemon shows what is promised and
nothing else, that rules and dashboard find their series there, and that the alerts follow what happens.

The daemon has a pass every two seconds; the rules are the shipped ones with shorter times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import scene
import servers
import shipped
from metrics import METRICS, SCRAPED, series

EXPRESSIONS = shipped.rule_expressions() | shipped.dashboard_expressions()
WRITTEN = [target for target in scene.TARGETS if target not in scene.MODES]
# As the centre stands: `ana` waits for approval, `bo` is accepted, and the group cannot be assigned. In the instance that
# is only planned for, nothing is tried.
AT_FIRST = {
    *(("RollcallMembersBlocked", target) for target in scene.TARGETS),
    *((name, target) for name in ("RollcallActionsWithheld", "RollcallActionsFailing") for target in WRITTEN),
    ("RollcallRequestsDenied", ""),
}


@dataclass
class Watched:
    simulator: servers.Simulator
    daemon: scene.Daemon
    prometheus: scene.Prometheus


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """All three at work for a while, with one call throttled and one kind of action denied."""
    directory = tmp_path_factory.mktemp("watched")
    with servers.simulator(scene.WORLD) as simulator:
        simulator.options(throttle=False)
        simulator.fault("connect", "ListUsers", "throttle", count=1)
        simulator.fault("sso", "CreateApplicationAssignment", "access_denied")
        with scene.daemon(simulator, directory) as daemon, scene.prometheus(daemon.address, directory) as prometheus:
            scene.wait_until(lambda: prometheus.firing() >= AT_FIRST, f"{AT_FIRST} fire")
            yield Watched(simulator, daemon, prometheus)


def test_the_daemon_is_up(watched: Watched) -> None:
    (target,) = watched.prometheus.get("targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert target["scrapeUrl"] == f"http://{watched.daemon.address}/metrics"


def test_promtool_finds_no_fault_with_the_metrics(watched: Watched) -> None:
    assert shipped.promtool("check", "metrics", text=watched.daemon.metrics()) == ""


def test_names_and_types_are_those_promised_and_have_a_help(watched: Watched) -> None:
    told = watched.prometheus.get("metadata")
    assert {name: [one["type"] for one in entries] for name, entries in told.items()} == {
        name: [metric.type] for name, metric in METRICS.items()
    }
    assert all(one["help"].endswith(".") for entries in told.values() for one in entries)


def test_series_and_labels_are_those_promised(watched: Watched) -> None:
    found: dict[str, set[frozenset[str]]] = {}
    for labels in watched.prometheus.get("series", **{"match[]": '{job="rollcall", alertname=""}'}):
        name = labels.pop("__name__")
        if name != "up" and not name.startswith("scrape_"):
            found.setdefault(name, set()).add(frozenset(labels) - SCRAPED)
    assert found == {name: {labels} for name, labels in series().items()}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_prometheus_answers_an_expression_and_finds_its_series(watched: Watched, expression: str) -> None:
    watched.prometheus.query(expression)
    for selector in shipped.parsed(expression).selectors:
        assert watched.prometheus.query(selector), f"there is no {selector}"


def test_the_rules_are_evaluated_without_a_fault(watched: Watched) -> None:
    rules = [rule for group in watched.prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == {rule["alert"] for rule in shipped.rules()}
    assert {(rule["health"], rule.get("lastError", "")) for rule in rules} == {("ok", "")}


def test_the_figures_are_those_of_the_centre(watched: Watched) -> None:
    def figures(expression: str, *labels: str) -> dict[tuple[str, ...], int]:
        found = watched.prometheus.query(expression)
        return {tuple(one["metric"][label] for label in labels): int(one["value"][1]) for one in found}

    assert figures('rollcall_members{target="sales"}', "mapping") == {("ConnectAgents",): 2}
    assert figures('rollcall_members_blocked{target="sales"}', "target") == {("sales",): 2}
    assert figures('rollcall_withheld_actions{target="sales"} > 0', "guard") == {("max-changes",): 1}
    accepted = figures('rollcall_findings{target="sales", severity="accepted"}', "code")
    assert accepted == {("login-invalid",): 1}
    # So one of the two is left for the alert.
    alerts = [alert for alert in watched.prometheus.get("alerts")["alerts"] if alert["labels"].get("target") == "sales"]
    blocked = [alert for alert in alerts if alert["labels"]["alertname"] == "RollcallMembersBlocked"]
    assert [alert["annotations"]["summary"] for alert in blocked] == ["1 of the members of sales cannot sign in"]


def test_no_label_tells_who_somebody_is(watched: Watched) -> None:
    assert not re.search(r"example\.com|\bana\b|\bbo\b", watched.daemon.metrics())


def test_rules_find_their_gauges_before_the_first_pass_ends(tmp_path: Path) -> None:
    """All but the members by mapping, of which nothing is known before the groups are read."""
    asked = {name for text in shipped.rule_expressions().values() for name in shipped.parsed(text).selectors.values()}
    gauges = {name for name in asked if name in METRICS and METRICS[name].type == "gauge"} - {"rollcall_members"}
    with servers.simulator(scene.WORLD) as simulator:
        for service in ("identitystore", "sso", "connect"):
            simulator.fault(service, "*", "hang")
        with scene.daemon(simulator, tmp_path) as daemon:
            text = daemon.metrics()
    for name in gauges:
        targets = scene.TARGETS if "target" in METRICS[name].labels else [None]
        for target in targets:
            label = f'{{[^}}]*target="{target}"[^}}]*}}' if target else ""
            values = re.findall(rf"^{name}{label} (\S+)$", text, re.MULTILINE)
            assert values, f"there is no {name} of {target}"
            assert not target or set(values) == {"0"}


def test_alerts_follow_what_happens(watched: Watched) -> None:
    prometheus = watched.prometheus
    unread = {(name, target) for name in ("RollcallPassTooOld", "RollcallPassesFailing") for target in scene.TARGETS}
    assert not prometheus.firing() & unread

    watched.simulator.fault("connect", "*", "access_denied")
    scene.wait_until(lambda: prometheus.firing() >= unread, "unread targets are told")

    watched.simulator.clear_faults()
    scene.wait_until(lambda: not prometheus.firing() & unread, "targets that are read again are not told")

    watched.daemon.reload("owner = 1")
    scene.wait_until(lambda: ("RollcallReloadFailed", "") in prometheus.firing(), "a refused file is told")

    # The reload comes in the middle of a pass.
    watched.simulator.options(latency_ms=300)
    watched.simulator.clear_journal()
    scene.wait_until(watched.simulator.journal, "a pass is under way")
    watched.daemon.reload(scene.configuration(("support",)))
    scene.wait_until(lambda: ("RollcallReloadFailed", "") not in prometheus.firing(), "a good file ends that")
    seen = prometheus.passes("support")
    scene.wait_until(lambda: prometheus.passes("support") >= seen + 2, "passes that were under way have ended")
    left = {labels["__name__"] for labels in prometheus.labels('{job="rollcall", target!~"support|", alertname=""}')}
    assert left == set(), "a target that was taken out is gone"
    scene.wait_until(lambda: {target for _, target in prometheus.firing()} <= {"support", ""}, "so are its alerts")

    assert prometheus.complaints() == []

    servers.stop(watched.daemon.process)
    scene.wait_until(lambda: ("RollcallDown", "") in prometheus.firing(), "a daemon that is gone is told")
    assert ("RollcallAbsent", "") not in prometheus.firing()
