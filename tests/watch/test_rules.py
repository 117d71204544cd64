"""Proves of the alert rules that Prometheus takes them, that each one fires when it should and only then, and that they
ask for nothing that Rollcall does not show."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

import shipped
from metrics import SCRAPED, series

# `up` is Prometheus' own; a pod's name is put on the series by those who scrape in Kubernetes.
KNOWN = series() | {"up": SCRAPED}
GIVEN = SCRAPED | {"pod"}
LABEL_IN_TEXT = re.compile(r"\$labels\.(\w+)")
README = shipped.DEPLOY.parent / "README.md"
GUIDE = shipped.DEPLOY / "README.md"

RULES = shipped.rules()
each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])


def test_prometheus_takes_the_rules() -> None:
    printed = shipped.promtool("check", "rules", "--lint=all", "--lint-fatal", shipped.RULES)
    assert f"SUCCESS: {len(RULES)} rules found" in printed


@pytest.mark.parametrize("file", shipped.RULE_TESTS, ids=[file.stem for file in shipped.RULE_TESTS])
def test_the_unit_tests_pass(file: Any) -> None:
    assert "SUCCESS" in shipped.promtool("test", "rules", file)


@each_rule
def test_a_rule_has_a_case_that_fires_and_one_that_does_not(rule: dict[str, Any]) -> None:
    cases = [
        case
        for file in shipped.RULE_TESTS
        for group in yaml.safe_load(file.read_text())["tests"]
        for case in group["alert_rule_test"]
        if case["alertname"] == rule["alert"]
    ]
    assert {bool(case["exp_alerts"]) for case in cases} == {True, False}


@each_rule
def test_a_rule_follows_the_conventions(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Rollcall([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert not rule["annotations"]["summary"].endswith(".")
    assert all(rule["annotations"][name].endswith(".") for name in ("description", "runbook"))


@each_rule
def test_the_guide_names_a_rule(rule: dict[str, Any]) -> None:
    assert f"| `{rule['alert']}` | {rule['labels']['severity']} |" in GUIDE.read_text()


@each_rule
def test_a_rule_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    found = shipped.parsed(rule["expr"])
    assert set(found.selectors.values()) <= set(KNOWN)
    labels = frozenset().union(*(KNOWN[name] for name in found.selectors.values()))
    assert found.labels <= labels | GIVEN
    assert set(LABEL_IN_TEXT.findall(" ".join(rule["annotations"].values()))) <= labels | SCRAPED


def test_accepted_findings_are_those_that_keep_somebody_out() -> None:
    """All errors of a person but `email-reused`: there the login exists, and lets the member in."""
    (rule,) = [rule for rule in RULES if rule["alert"] == "RollcallMembersBlocked"]
    pattern = re.search(r'code=~"(.+)"', rule["expr"])[1]
    findings = README.read_text().split("\n## Findings\n")[1].split("\n## ")[0]
    of_a_person = findings.split("Of a person:")[1].split("Of a target:")[0]
    codes = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)
    matched = {code for code in codes.findall(findings) if re.fullmatch(pattern, code)}
    assert matched == set(codes.findall(of_a_person)) - {"email-reused"}
