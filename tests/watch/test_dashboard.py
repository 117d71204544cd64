"""Proves of the dashboard that Grafana knows every member of it, that Prometheus can read every query, that they ask for
nothing that Rollcall does not show, and that no panel leaves its reader without a unit or a word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

import shipped
from metrics import SCRAPED, series

KNOWN = series()
LABEL_IN_LEGEND = re.compile(r"{{\s*(\w+)\s*}}")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

DASHBOARD = shipped.dashboard()
PANELS = shipped.panels()
EXPRESSIONS = shipped.dashboard_expressions()
each_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
each_expression = pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())


def test_prometheus_can_read_every_query(tmp_path: Path) -> None:
    """promtool reads expressions in rules only, so each query becomes one."""
    queries = [{"record": f"query:{number}", "expr": text} for number, text in enumerate(EXPRESSIONS.values())]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": queries}]}))
    assert f"SUCCESS: {len(queries)} rules found" in shipped.promtool("check", "rules", "--lint=none", file)


@each_expression
def test_a_query_asks_for_what_there_is(expression: str) -> None:
    found = shipped.parsed(expression)
    assert found.selectors
    assert set(found.selectors.values()) <= set(KNOWN)
    labels = frozenset().union(*(KNOWN[name] for name in found.selectors.values()))
    assert found.labels <= labels | SCRAPED


def test_every_metric_is_shown() -> None:
    shown = {name for text in EXPRESSIONS.values() for name in shipped.parsed(text).selectors.values()}
    assert {re.sub(r"_bucket$", "", name) for name in shown} == {
        re.sub(r"_(bucket|sum|count)$", "", name) for name in KNOWN
    }


def test_the_variables_are_the_source_and_the_target() -> None:
    source, target = DASHBOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert (target["name"], target["datasource"]) == ("target", SOURCE)
    metric, label = re.fullmatch(r"label_values\((\w+),(\w+)\)", target["query"]["query"]).groups()
    assert label in KNOWN[metric]


@each_panel
def test_a_panel_speaks_for_itself(panel: dict[str, Any]) -> None:
    assert len(panel["description"]) > 60
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == SOURCE
    assert [target["refId"] for target in panel["targets"]] == ["A", "B", "C", "D"][: len(panel["targets"])]
    for target in panel["targets"]:
        assert target["datasource"] == SOURCE
        found = shipped.parsed(shipped.with_variables(target["expr"]))
        assert set(LABEL_IN_LEGEND.findall(target.get("legendFormat", ""))) <= found.labels


def test_panels_do_not_clash() -> None:
    everything = DASHBOARD["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in everything):
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_grafana_knows_every_member() -> None:
    """What Grafana's own types do not know, they drop. `id` and `definition` belong to the file, not to the types."""
    plugins.register_default_plugins()
    kept = json.loads(JSONEncoder().encode(Dashboard.from_json(shipped.dashboard())))
    assert set(dropped(DASHBOARD, kept)) == {".id", ".templating.list[1].definition"}


def dropped(before: Any, after: Any, path: str = "") -> list[str]:
    """The paths of what is in `before` and not, or not the same, in `after`."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [one for name in before for one in dropped(before[name], after.get(name, Ellipsis), f"{path}.{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [one for number, pair in pairs for one in dropped(*pair, f"{path}[{number}]")]
    return [] if before == after else [path]
