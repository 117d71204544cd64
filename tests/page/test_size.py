"""A large centre: ten thousand people, five thousand findings. How fast the page is, and how much it sends."""

from __future__ import annotations

import statistics
import time

import pytest

from conftest import Build, Centre, Open
from daemons import INSTANCE, Settings, world

FINE, MISSING, INVALID = 4_001, 1_000, 4_999
# For a debug build on a busy machine as much as for a release.
SERVED = 0.050
LARGEST = 300 * 1024
PAINTED = 1_000
FRAGMENTS = ["top", "activity", "withheld", "withheld?target=support&page=20", "targets", "findings", "findings?page=100", "findings?severity=warning",
             "findings?age=new&who=agent", "history", "run?id={run}", "run?id={run}&page=3"]  # fmt: skip


def crowd(count: int, name: str, connect: bool = False) -> str:
    users = f'[crowd.connect_users]\ninstance = "{INSTANCE}"\n' if connect else ""
    person = f'user_name = "{name}"\ngiven_name = "Agent"\nfamily_name = "Number {{n}}"\ngroups = ["Agents"]\n'
    return f"[[crowd]]\ncount = {count}\n{person}{users}"


@pytest.fixture(scope="module")
def large(shared_centre: Build) -> tuple[Centre, str]:
    """Some have what they need, some are held back, and half of all can never have a login, each of whom is a finding."""

    def patient(settings: Settings) -> None:
        settings.tables["policy"]["max_changes"] = 1
        settings.tables["timeouts"] = {"connect": "5s", "attempt": "30s", "call": "60s"}

    text = world(0, quota=20_000) + crowd(FINE, "fine{n:05}@example.com", connect=True)
    text += crowd(MISSING, "missing{n:05}@example.com") + crowd(INVALID, "agent{n:05}+x@example.com")
    built = shared_centre(text, patient)
    report = built.daemon.sync(wait=60)
    (target,) = report["targets"]
    # One more finding says that no application is configured.
    assert (target["members"], len(target["withheld"]), len(target["findings"])) == (10_000, MISSING, INVALID + 1)
    return built, report["run"]


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_each_fragment_is_served_at_once_and_is_small(large: tuple[Centre, str], fragment: str) -> None:
    running, run = large
    path = f"/v1/page/{fragment.format(run=run)}"
    times = []
    for _ in range(5):
        since = time.perf_counter()
        answer = running.daemon.ask("GET", path)
        times.append(time.perf_counter() - since)
        assert answer.status == 200
        assert len(answer.body) < LARGEST
    median = statistics.median(times)
    print(f"{path}: {median * 1000:.1f} ms, {len(answer.body) / 1024:.1f} KiB")
    assert median < SERVED, times


def test_the_first_paint_comes_within_a_second(large: tuple[Centre, str], tab: Open) -> None:
    running, _ = large
    paints = []
    for _ in range(5):
        reader = tab()
        reader.open(running.address)
        reader.sees("5,999 people cannot sign in.", "h1")
        paints.append(reader.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    print(f"first contentful paint: {statistics.median(paints):.0f} ms")
    assert statistics.median(paints) < PAINTED, paints


@pytest.mark.parametrize("width", [390, 2560])
def test_thousands_of_findings_look_right_and_can_be_paged_through(
    large: tuple[Centre, str], tab: Open, width: int
) -> None:
    running, _ = large
    reader = tab(width=width)
    reader.open(running.address)
    reader.sees("5,000 in all.", "#findings")
    reader.sees("1–50 of 5,000", "#findings .pager")
    assert reader.page.locator("#findings .head").count() == 50
    reader.page.locator("#findings").get_by_role("button", name="Next").click()
    reader.sees("51–100 of 5,000", "#findings .pager")
    reader.screenshot(f"large-{width}")
    assert reader.overflow() <= 0
    assert reader.violations() == []
