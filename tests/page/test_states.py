"""The page in every state that it can be in, and what each kind of reader may do there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from conftest import Build, Centre, Open
from daemons import READ_TOKEN, STORE, TARGET, Settings, daemon, world
from reader import Reader


def judged(reader: Reader, name: str) -> None:
    """Looked at in light and in dark, by axe-core and, in target/, by people."""
    for scheme in ("light", "dark"):
        reader.page.emulate_media(color_scheme=scheme)
        reader.screenshot(f"{name}-{scheme}")
        assert reader.violations() == [], scheme
    assert reader.overflow() <= 0


def holding(settings: Settings) -> None:
    settings.tables["policy"]["max_changes"] = 2


@pytest.fixture(scope="module")
def quiet(shared_centre: Build) -> Centre:
    """Nothing has been read, and nothing happens by itself."""
    return shared_centre(world())


def test_before_the_first_pass_nothing_is_claimed(centre: Build, tab: Open) -> None:
    reader = tab()
    reader.open(centre(world()).address)
    reader.sees("Nothing has been read since the start.", "h1")
    reader.sees("Nothing has been read yet.", "#findings")
    reader.sees("No run has ended yet.", "#history")
    reader.sees("no pass has ended since the start", "#targets")
    judged(reader, "empty")


def test_when_all_can_sign_in_it_says_so_within_a_pass(centre: Build, tab: Open) -> None:
    """Those whom the pass has just created are not called blocked, although it counted them as it began."""
    running = centre(world())
    reader = tab()
    reader.open(running.address)
    reader.sees("Live", "#link")
    report = running.daemon.sync()
    assert report["targets"][0]["blocked"] == 3
    reader.sees("Everybody can sign in.", "h1")
    expect(reader.page.locator("#announced")).to_have_text("Everybody can sign in.")
    assert reader.page.title() == "Everybody can sign in. Rollcall"
    reader.sees("3", "#targets .numbers")
    reader.sees("Whether the application lets them in is not looked at.", "#top .since")
    judged(reader, "well")


def test_without_a_mapped_group_nobody_can_tell_who_can_sign_in(centre: Build, tab: Open) -> None:
    running = centre(world())
    running.daemon.sync()
    identity = running.simulator.client("identitystore", "eu-west-1")
    [group] = [one for one in identity.list_groups(IdentityStoreId=STORE)["Groups"] if one["DisplayName"] == "Agents"]
    identity.delete_group(IdentityStoreId=STORE, GroupId=group["GroupId"])
    assert running.daemon.sync()["targets"][0]["unable"] is None
    reader = tab()
    reader.open(running.address)
    reader.sees("It cannot be seen whether everybody can sign in.", "h1")
    reader.sees("Everybody could sign in at", "#top .since")
    reader.sees("support cannot be seen as a whole.", "#top .note")
    reader.sees("there is no group Agents in Identity Center", "#top .note")
    judged(reader, "group-missing")


def test_a_pass_under_way_shows_how_far_it_is(centre: Build, tab: Open) -> None:
    def slow(settings: Settings) -> None:
        settings.tables["rates.connect"]["burst"] = 1
        settings.tables["rates.connect.operations"] = {"CreateUser": 3.0}

    running = centre(world(20), slow)
    reader = tab()
    reader.open(running.address)
    reader.sees("Live", "#link")
    reader.page.get_by_role("button", name="Run now").click()
    bar = reader.page.locator("progress[value]")
    bar.wait_for()
    expect(bar).not_to_have_attribute("value", "0")
    first = bar.get_attribute("value")
    reader.sees("of 20 done", "#activity")
    reader.sees("to go", "#activity")
    judged(reader, "running")
    expect(bar).not_to_have_attribute("value", first)


def test_what_is_held_back_is_named_and_released_by_somebody_with_a_name(centre: Build, tab: Open) -> None:
    running = centre(world(), holding)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.sees("3 people cannot sign in.", "h1")
    reader.sees("the guard max-changes holds back the Connect user", "#top")
    held = reader.page.locator("#withheld tbody tr")
    assert held.locator("th").all_inner_texts() == [f"agent{number:04}@example.com" for number in (1, 2, 3)]
    reader.sees("more would be created and changed than the limit allows", "#withheld")
    judged(reader, "held")
    reader.page.get_by_role("button", name="Approve…").click()
    judged(reader, "approve")
    name = "Kim <i>`O'Neil`</i>"
    reader.page.get_by_label("Who approves?").fill(name)
    reader.page.locator("#approve-dialog").get_by_role("button", name="Approve").click()
    reader.sees("Everybody can sign in.", "h1")
    reader.sees("Nothing is held back.", "#withheld")
    (line,) = running.daemon.wait_for_log("approved")
    assert (line["by"], line["target"]) == (name, TARGET)
    expect(reader.page.locator("#history tbody tr")).to_have_count(2)
    reader.page.get_by_label("Login, e-mail address or user id").fill("agent0002@example.com")
    reader.page.keyboard.press("Enter")
    events = reader.page.locator("#explained .record li")
    expect(events).to_have_count(2)
    expect(events.nth(0)).to_contain_text("done")
    events.nth(0).get_by_role("button").click()
    reader.sees("let through by the approval", "#run-dialog")
    reader.page.keyboard.press("Escape")
    expect(events.nth(1)).to_contain_text("held back by max-changes")
    expect(events.nth(1)).to_contain_text(f"approved by {name} from 127.0.0.1")


def test_an_approval_that_comes_too_late_is_told_in_the_dialog(centre: Build, tab: Open) -> None:
    running = centre(world(), holding)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.page.get_by_role("button", name="Approve…").click()
    reader.page.locator("#approve-dialog").evaluate("(dialog) => (dialog.dataset.code = '00000000')")
    reader.page.get_by_label("Who approves?").fill("Kim")
    reader.page.keyboard.press("Enter")
    reader.sees("no target has told this code within the last 24 hours", "#approve-error")
    reader.forgive("404")


def test_while_aws_is_away_it_says_what_cannot_be_seen_and_since_when(centre: Build, tab: Open) -> None:
    running = centre(world())
    running.daemon.sync()
    running.simulator.fault("connect", "ListUsers", "access_denied", count=1000)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.sees("It cannot be seen who can sign in.", "h1")
    reader.sees("What is shown of it was read at", "#top")
    reader.sees("connect:ListUsers", "#top .fix")
    reader.sees("it could not be read, and nothing was written", "#targets")
    judged(reader, "failing")


def test_without_a_token_it_asks_and_says_when_it_is_wrong(quiet: Centre, tab: Open) -> None:
    reader = tab()
    reader.open(quiet.root)
    field = reader.page.locator("#token")
    expect(field).to_be_focused()
    judged(reader, "token")
    reader.page.keyboard.press("Escape")
    reader.sees("Without a token nothing can be shown.", "#banner")
    reader.page.get_by_role("button", name="Token…").click()
    field.fill("wrong")
    reader.page.keyboard.press("Enter")
    reader.sees("The token is not known here.", "#token-dialog")
    field.fill(READ_TOKEN)
    reader.page.keyboard.press("Enter")
    reader.has_loaded()
    reader.sees("Live", "#link")
    expect(reader.page.locator("#banner")).to_be_hidden()
    reader.forgive("401")


def test_a_token_that_can_only_read_is_offered_no_button_that_triggers(centre: Build, tab: Open) -> None:
    running = centre(world(), holding)
    running.daemon.sync()
    reader = tab()
    reader.open(f"{running.root}#token={READ_TOKEN}")
    reader.sees("This token can only read", "#activity")
    reader.sees("Approving takes the token that can trigger.", "#withheld")
    for name in ("Run now", "Approve…"):
        assert reader.page.get_by_role("button", name=name).count() == 0
    judged(reader, "read-only")


def test_without_any_token_configured_this_host_reads(centre: Build, tab: Open) -> None:
    running = centre(world(), lambda settings: settings.protect(None, None))
    reader = tab()
    reader.open(running.root)
    reader.sees("No token is configured, so nothing can be started", "#activity")
    reader.sees("Live", "#link")
    assert reader.page.get_by_role("button", name="Run now").count() == 0


def test_who_may_not_read_is_told_why(centre: Build, tab: Open) -> None:
    running = centre(world(), lambda settings: settings.protect(None, None))
    reader = tab(extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    reader.open(running.root)
    reader.sees("no token is configured, so only this host may read", "#banner")
    judged(reader, "forbidden")
    reader.forgive("403")


def test_a_chart_tells_in_words_too_how_the_runs_came_out(centre: Build, tab: Open) -> None:
    running = centre(world())
    running.daemon.sync()
    running.daemon.sync()
    running.simulator.fault("connect", "ListUsers", "access_denied", count=1000)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    picture = reader.page.get_by_role("img", name="The latest 3 runs, the oldest on the left: 2 converged")
    expect(picture).to_be_visible()
    assert [picture.locator(shape).count() for shape in (".bar", ".converged", ".failed")] == [1, 2, 1]
    reader.screenshot("chart")


def test_where_no_stream_gets_through_it_asks_now_and_then(quiet: Centre, tab: Open) -> None:
    reader = tab()
    reader.page.route("**/v1/events", lambda route: route.abort())
    reader.open(quiet.address)
    reader.sees("Asking now and then", "#link")
    reader.has_loaded()
    quiet.daemon.sync(dry_run=True)
    expect(reader.page.locator("#history tbody tr")).not_to_have_count(0)
    expect(reader.page.locator("#banner")).to_be_hidden()
    reader.forgive("ERR_FAILED")


def test_the_page_comes_back_by_itself_with_the_daemon(centre: Build, tab: Open) -> None:
    running = centre(world())
    settings = running.daemon.settings
    settings.tables["http"]["listen"] = f"{running.daemon.host}:{running.daemon.port}"
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.sees("Everybody can sign in.", "h1")
    running.daemon.end()
    reader.sees("No answer", "#link")
    with daemon(settings, running.simulator.endpoint) as again:
        reader.sees("Live", "#link")
        reader.sees("Nothing has been read since the start.", "h1")
        expect(reader.page.locator("#banner")).to_be_hidden()
        again.sync()
        reader.sees("Everybody can sign in.", "h1")
    reader.forgive("net::ERR")
