"""What `deploy/` ships for watching: the rules, their unit tests, and the dashboard, with the expressions in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rollcall.rules.yaml"
RULE_TESTS = sorted((DEPLOY / "prometheus" / "tests").glob("*.yaml"))
DASHBOARD = DEPLOY / "grafana" / "rollcall.json"

# What Grafana puts in the place of its variables, more or less.
VARIABLES = {"$target": ".*", "$__rate_interval": "15m"}
OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    return json.loads(DASHBOARD.read_text())


def panels() -> list[dict[str, Any]]:
    """The panels that show something: all but the rows."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rule_expressions() -> dict[str, str]:
    return {rule["alert"]: rule["expr"] for rule in rules()}


def dashboard_expressions() -> dict[str, str]:
    """Each query, by its panel's title and its letter, with the variables filled in."""
    return {
        f"{panel['title']} {target['refId']}": with_variables(target["expr"])
        for panel in panels()
        for target in panel["targets"]
    }


def with_variables(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


@dataclass
class Parsed:
    """What an expression asks for."""

    selectors: dict[str, str]  # each selector as it is written, and the name of its metric
    labels: set[str]  # every label that is matched, grouped by, or joined on


def parsed(expression: str) -> Parsed:
    found = Parsed({}, set())

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.labels |= {matcher.name for matcher in node.matchers.matchers}
            matchers = ",".join(f'{one.name}{OPERATORS[str(one.op)]}"{one.value}"' for one in node.matchers.matchers)
            found.selectors[f"{node.name}{{{matchers}}}"] = node.name
        elif isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            found.labels |= set(node.modifier.labels)
        elif isinstance(node, promql_parser.BinaryExpr) and node.modifier:
            found.labels |= set(node.modifier.matching.labels if node.modifier.matching else ())
            found.labels |= set(node.modifier.group_labels.labels if node.modifier.group_labels else ())

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def tool(name: str) -> str:
    """The path of one of Prometheus' programs; a missing one is no reason to skip."""
    found = shutil.which(name, path=os.environ.get("PROMETHEUS_BIN") or os.environ["PATH"])
    if not found:
        raise FileNotFoundError(f"`{name}` is missing: install Prometheus, or set PROMETHEUS_BIN to its directory")
    return found


def promtool(*arguments: str | Path, text: str | None = None) -> str:
    """Runs promtool, which has to succeed, and gives what it printed."""
    command = [tool("promtool"), *map(str, arguments)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
