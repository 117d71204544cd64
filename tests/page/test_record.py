"""What the page knows of runs before the daemon's last start: the list, the picture, old runs, and people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

import servers
from conftest import Open
from daemons import INSTANCE, TARGET, TOKEN, Daemon, Settings, daemon, world
from test_states import judged

FIRST = "agent0001@example.com"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path)
    settings.tables["history"] = {"path": str(tmp_path / "history.db")}
    return settings


@pytest.fixture
def simulator(tmp_path: Path, stack: ExitStack) -> servers.Simulator:
    (tmp_path / "world.toml").write_text(world())
    simulator = stack.enter_context(servers.simulator(tmp_path / "world.toml"))
    simulator.reset_options(throttle=False)
    return simulator


def address(running: Daemon) -> str:
    return f"http://{running.host}:{running.port}/#token={TOKEN}"


def ulid(at: datetime, number: int) -> str:
    value = int(at.timestamp() * 1000) << 80 | number
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def lengthen(history: Path, days: int, a_day: int) -> None:
    """Gives the record a past: copies of its one run, so many a day, of which every seventh failed."""
    with closing(sqlite3.connect(history)) as database, database:
        [(first, began)] = database.execute("SELECT id, started_at FROM run").fetchall()
        columns = [
            row[1] for row in database.execute("PRAGMA table_info(pass)") if row[1] not in ("id", "run", "verdict")
        ]
        names = ", ".join(columns)
        begin = datetime.fromisoformat(began)
        for number in range(days * a_day):
            at = begin - timedelta(days=number // a_day + 1, minutes=30 * (number % a_day))
            run, verdict = ulid(at, number), "failed" if number % 7 == 0 else "converged"
            text, ended = (f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for time in (at, at + timedelta(seconds=9)))
            database.execute(
                "INSERT INTO run SELECT ?, 'schedule', mode, person, ?, ?, ?, ?, 9.0, requests FROM run WHERE id = ?",
                (run, verdict, text, ended, int(at.timestamp()), first),
            )
            database.execute(
                f"INSERT INTO pass (run, verdict, {names}) SELECT ?, ?, {names} FROM pass WHERE run = ?",
                (run, verdict, first),
            )


def test_what_was_before_a_restart_is_told(
    simulator: servers.Simulator, settings: Settings, stack: ExitStack, tab: Open
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
    connect = simulator.client("connect", "eu-west-2")
    [user] = [one for one in connect.list_users(InstanceId=INSTANCE)["UserSummaryList"] if one["Username"] == FIRST]
    connect.delete_user(InstanceId=INSTANCE, UserId=user["Id"])
    settings.plan_only.add(TARGET)
    running = stack.enter_context(daemon(settings, simulator.endpoint))
    reader = tab()
    reader.open(address(running))
    reader.sees("Nothing has been read since the start.", "h1")
    reader.sees("Everybody could sign in at", "#top .since")
    rows = reader.page.locator("#history tbody tr")
    expect(rows).to_have_count(1)
    reader.page.get_by_role("button", name="Run now").click()
    expect(rows).to_have_count(2)
    reader.sees("1 person cannot sign in.", "h1")
    reader.sees("Everybody could sign in at", "#top .since")
    expect(rows.nth(1)).to_contain_text("3")

    rows.nth(1).get_by_role("button").click()
    dialog = reader.page.locator("#run-dialog")
    expect(dialog.locator("tbody tr")).to_have_count(3)
    reader.sees(FIRST, "#run-dialog")
    judged(reader, "old-run")
    reader.page.keyboard.press("Escape")

    reader.page.get_by_label("Login, e-mail address or user id").fill(FIRST)
    reader.page.keyboard.press("Enter")
    reader.sees("On record", "#explained")
    events = reader.page.locator("#explained .record li")
    expect(events).to_have_count(2)
    expect(events.nth(0)).to_contain_text("planned")
    expect(events.nth(1)).to_contain_text("done")
    expect(events.nth(1)).to_contain_text("by http")
    judged(reader, "person-on-record")
    events.nth(1).get_by_role("button").click()
    expect(dialog.locator("tbody tr")).to_have_count(3)


def test_where_everybody_never_could_it_says_since_when_that_is_known(
    simulator: servers.Simulator, settings: Settings, stack: ExitStack, tab: Open
) -> None:
    settings.plan_only.add(TARGET)
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
    running = stack.enter_context(daemon(settings, simulator.endpoint))
    running.sync()
    reader = tab()
    reader.open(address(running))
    reader.sees("3 people cannot sign in.", "h1")
    reader.sees("No run since", "#top .since")
    reader.sees("has left everybody able to sign in.", "#top .since")


def test_a_record_of_weeks_is_a_picture_by_days_and_pages_of_runs(
    simulator: servers.Simulator, settings: Settings, stack: ExitStack, tab: Open
) -> None:
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
    lengthen(Path(settings.tables["history"]["path"]), days=40, a_day=3)
    running = stack.enter_context(daemon(settings, simulator.endpoint))
    reader = tab()
    reader.open(address(running))
    title = reader.page.locator(".chart > title")
    expect(title).to_contain_text("The last 30 days")
    # Today's one, and 87 of 29 days of which every seventh failed.
    expect(title).to_contain_text("75 of 88 passes converged")
    assert reader.page.locator(".chart g").count() == 30
    reader.sees("▲ some did not, ✗ some failed", "#history")
    judged(reader, "weeks")

    rows = reader.page.locator("#history tbody tr")
    seen = []
    for count in (50, 50, 21):
        expect(rows).to_have_count(count)
        seen += [row.get_attribute("data-key") for row in rows.all()]
        button = reader.page.get_by_role("button", name="Earlier")
        if count == 50:
            button.click()
            expect(rows.first).not_to_have_attribute("data-key", seen[-count])
    assert len(set(seen)) == 121 and seen == sorted(seen, reverse=True)
    expect(button).to_be_disabled()
    reader.page.get_by_role("button", name="Latest").click()
    expect(rows.first).to_have_attribute("data-key", seen[0])


def test_a_record_that_cannot_be_read_is_not_taken_for_an_empty_one(
    simulator: servers.Simulator, settings: Settings, stack: ExitStack, tab: Open
) -> None:
    history = Path(settings.tables["history"]["path"])
    with daemon(settings, simulator.endpoint) as running:
        running.sync()
    with closing(sqlite3.connect(history)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with history.open("r+b") as file:
        # The first page stays, and with it the look of a database.
        file.seek(4096)
        file.write(b"\xff" * (history.stat().st_size - 4096))
    running = stack.enter_context(daemon(settings, simulator.endpoint))
    reader = tab()
    reader.open(address(running))
    reader.sees("Earlier runs are missing", "#history")
    assert running.get("/v1/runs")["error"]
    judged(reader, "broken-record")
