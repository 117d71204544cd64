"""The page of `rollcall demo`, as somebody sees it who opens the address that the demo prints."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from conftest import Demo, Open
from reader import ZONE

BLOCKED = ["kiosk-reception", "lena.fischer+connect@connect-workshop.com", "priya.nair@connect-workshop.com"]
BLOCKED += ["tom.becker@connect-workshop.example"]


def test_it_says_first_who_cannot_sign_in_and_the_one_fix_of_each(demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(demo.address)
    reader.sees("4 people cannot sign in.", "h1")
    people = reader.page.locator("#top .people > li")
    assert sorted(people.locator(".who").all_inner_texts()) == BLOCKED
    fixes = people.locator(".fix").all_inner_texts()
    assert len(fixes) == 4 and all(fix.startswith("Fix ") for fix in fixes)
    assert any("delete the Connect user Priya.Nair@connect-workshop.com by hand" in fix for fix in fixes)
    assert reader.page.title() == "4 people cannot sign in. Rollcall"


def test_it_shows_every_finding_and_filters_them(demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(demo.address)
    reader.sees("9 in all.", "#findings")
    codes = reader.page.locator("#findings .head code").all_inner_texts()
    assert sorted(set(codes)) == [
        "email-mismatch", "email-missing", "login-case", "login-invalid", "member-disabled", "near-miss", "orphan",
    ]  # fmt: skip

    def field(name: str) -> Locator:
        return reader.page.locator(f"#findings [name={name}]")

    field("severity").select_option("warning")
    reader.sees("4 of 9 fit.", "#findings")
    field("code").select_option("near-miss")
    reader.sees("1 of 9 fit.", "#findings")
    assert reader.page.locator("#findings .severity").all_inner_texts() == ["warning"]
    field("severity").select_option("")
    field("code").select_option("")
    field("age").select_option("week")
    reader.sees("0 of 9 fit.", "#findings")
    field("age").select_option("day")
    reader.sees("9 in all.", "#findings")
    search = field("who")
    search.press_sequentially("SOFIA")
    reader.sees("2 of 9 fit.", "#findings")
    expect(search).to_be_focused()
    assert search.input_value() == "SOFIA"


def test_the_token_stays_with_the_reader(demo: Demo, tab: Open) -> None:
    """It is neither in the address bar nor in anything that was asked for, and another tab does not have it."""
    reader = tab()
    reader.open(demo.address)
    reader.sees("4 people cannot sign in.", "h1")
    assert reader.page.url == demo.root
    assert reader.page.evaluate("sessionStorage.getItem('rollcall-token')") == demo.token
    assert reader.page.evaluate("localStorage.length + document.cookie.length") == 0
    assert not [url for url in reader.asked if demo.token in url.partition("#")[0]]
    assert {url.split("/")[2] for url in reader.asked} == {demo.root.split("/")[2]}, "something came from elsewhere"
    reader.page.reload()
    reader.sees("4 people cannot sign in.", "h1")


def test_a_run_that_is_asked_for_appears_without_a_reload(demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(demo.address)
    reader.sees("Live", "#link")
    reader.has_loaded()
    rows = reader.page.locator("#history tbody tr")
    before = rows.count()
    reader.page.evaluate("window.stayed = true")
    reader.page.get_by_role("button", name="Run now").click()
    reader.sees("A run was started.", "#told")
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text("http")
    assert reader.page.evaluate("window.stayed")
    reader.page.locator("#history button").first.click()
    reader.sees("There was nothing to do.", "#run-dialog")
    reader.page.get_by_role("button", name="Close").click()
    expect(reader.page.locator("#run-dialog")).to_be_hidden()


def test_it_explains_a_person_link_by_link(demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(demo.address)
    reader.page.get_by_label("Login, e-mail address or user id").fill("priya.nair@connect-workshop.com")
    reader.page.get_by_role("button", name="Explain").click()
    reader.sees("Not ready:", "#explained")
    links = reader.page.locator(".chain li")
    assert links.count() == 12
    broken = reader.page.locator(".chain li.broken")
    assert broken.count() == 1
    assert "connect user" in broken.inner_text()
    assert "delete the Connect user Priya.Nair@connect-workshop.com" in reader.text("#explained .fix")
    reader.page.get_by_label("Login, e-mail address or user id").fill("maria.santos@connect-workshop.com")
    reader.page.keyboard.press("Enter")
    reader.sees("Ready, as far as can be seen", "#explained")


def test_times_are_the_readers_own_with_their_zone(demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(demo.address)
    reader.has_loaded()
    times = reader.page.locator("time").all_inner_texts()
    assert len(times) > 10
    assert all(re.search(r"\d\d:\d\d (CET|CEST|GMT\+[12])", time) for time in times), (ZONE, times)


def test_what_is_replaced_keeps_focus_scroll_and_open_details(demo: Demo, tab: Open) -> None:
    reader = tab(width=390)
    reader.open(demo.address)
    reader.sees("Live", "#link")
    reader.has_loaded()
    button = reader.page.get_by_role("button", name="Run now")
    button.focus()
    reader.page.evaluate("document.querySelector('#history').scrollIntoView()")
    place = reader.page.evaluate("scrollY")
    node = button.element_handle()
    before = reader.page.locator("#history tbody tr").count()
    button.press("Enter", no_wait_after=True)
    expect(reader.page.locator("#history tbody tr")).to_have_count(before + 1)
    assert reader.page.evaluate("(node) => document.activeElement === node && node.isConnected", node)
    assert place > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_it_fits_every_screen(demo: Demo, tab: Open, width: int, scheme: str) -> None:
    reader = tab(width=width, scheme=scheme)
    reader.open(demo.address)
    reader.has_loaded()
    reader.screenshot(f"demo-{width}-{scheme}")
    assert reader.overflow() <= 0
    assert reader.violations() == []
    size = reader.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= (24 if width == 2560 else 16)


def test_the_keyboard_is_enough(demo: Demo, tab: Open) -> None:
    """From the first press of Tab: past the head, a run, a filter, one person; focus is seen wherever it is."""
    reader = tab()
    reader.open(demo.address)
    reader.has_loaded()
    page = reader.page
    focused = "document.activeElement.name || document.activeElement.innerText || document.activeElement.id"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to who can sign in"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "top"
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", (seen[-1], outline)
        if seen[-1] == "who":
            break
    for wanted in ("Run now", "person", "Explain", "What it did", "severity", "code"):
        assert wanted in seen, (wanted, seen)
    page.keyboard.type("tom")
    reader.sees("1 of 9 fit.", "#findings")
    page.keyboard.press("Shift+Tab")
    page.locator("#person").focus()
    page.keyboard.type("tom.becker@connect-workshop.example")
    page.keyboard.press("Enter")
    reader.sees("Not ready:", "#explained")
    page.get_by_role("button", name="What it did").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#run-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#run-dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.innerText") == "What it did"


def test_when_the_daemon_ends_the_page_says_so_and_keeps_what_it_knew(mortal_demo: Demo, tab: Open) -> None:
    reader = tab()
    reader.open(mortal_demo.address)
    reader.sees("Live", "#link")
    reader.has_loaded()
    mortal_demo.process.terminate()
    mortal_demo.process.wait(10)
    reader.sees("Rollcall does not answer.", "#banner")
    reader.sees("What is shown is of", "#banner")
    reader.sees("No answer", "#link")
    assert "4 people cannot sign in." in reader.text("h1"), "what was known is still shown"
    reader.screenshot("lost")
    assert reader.violations() == []
    reader.forgive("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
