"""Names that are made to break out of a page: each is shown as text, whole, and never run."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from conftest import Build, Centre, Open
from daemons import world
from reader import Reader

MARKUP = "<img src=x onerror=\"alert('run')\">@example.com"
CLOSING = "\"'></script><script>alert(1)</script>@example.com"
EMOJI = "👩🏽‍💻🇸🇪ünïcødé@example.com"
TURNED = "admin\u202egnp.exe@example.com"
HEBREW = "שלום.עולם@example.com"
LONG = "l" * 288 + "@example.com"
TEMPLATE = "{{ 7 * 7 }}${7*7}`tick`@example.com"
NAMES = [MARKUP, CLOSING, EMOJI, TURNED, HEBREW, LONG, TEMPLATE]


def strange() -> str:
    """Somebody of each name in Identity Center, who cannot have such a login, and somebody in Connect."""
    text = world(0)
    text += "".join(
        f'[[people]]\nuser_name = "strange{number}"\nemail = {json.dumps(name, ensure_ascii=False)}\ngiven_name = {json.dumps(name[:90], ensure_ascii=False)}\n'
        f'family_name = "Strange"\ngroups = ["Agents"]\n'
        for number, name in enumerate(NAMES)
    )
    return text


@pytest.fixture(scope="module")
def running(shared_centre: Build) -> Centre:
    built = shared_centre(strange())
    built.daemon.sync()
    return built


@pytest.fixture
def reader(running: Centre, tab: Open) -> Reader:
    opened = tab()
    opened.open(running.address)
    opened.has_loaded()
    opened.sees("7 people cannot sign in.", "h1")
    return opened


def test_every_name_is_shown_as_it_is(reader: Reader) -> None:
    reader.page.locator("#top summary").click()
    shown = reader.page.locator("#top .who bdi").all_text_contents()
    assert sorted(shown) == sorted(NAMES)
    assert reader.page.locator("main img:not([role]), main script").count() == 0
    assert reader.page.evaluate("[...document.querySelectorAll('#top .who bdi')].every((one) => !one.children.length)")


def test_what_is_turned_round_turns_nothing_else_round(reader: Reader) -> None:
    """Every name stands in an isolate of its own, so that the words beside it keep their order."""
    loose = reader.page.evaluate(
        """() => [...document.querySelectorAll("#top, #findings")].flatMap((part) => {
          const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
          const found = [];
          while (walker.nextNode()) {
            const node = walker.currentNode;
            if (/[\\u0590-\\u08ff\\u202a-\\u202e]/.test(node.data) && !node.parentElement.closest("bdi")) found.push(node.data);
          }
          return found;
        })"""
    )
    assert loose == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_name_is_wrapped(running: Centre, tab: Open, width: int) -> None:
    reader = tab(width=width)
    reader.open(running.address)
    reader.has_loaded()
    reader.page.locator("#top summary").click()
    reader.screenshot(f"strange-{width}")
    assert reader.overflow() <= 0
    assert reader.violations() == []


def test_the_boxes_take_anything(reader: Reader) -> None:
    for name in NAMES:
        if len(name) <= 256:
            reader.page.locator("#person").fill(name)
            reader.page.get_by_role("button", name="Explain").click()
            expect(reader.page.locator("#explained h3").first).to_contain_text(name)
            assert reader.page.locator("#explained img, #explained script").count() == 0
        reader.page.locator("#findings [name=who]").fill(name[:256])
        expect(reader.page.locator("#findings")).to_contain_text("1 of 8 fit.")
        expect(reader.page.locator("#findings .who")).to_have_text([name])


def test_a_run_for_a_strange_name_is_shown_in_the_history(running: Centre, reader: Reader) -> None:
    running.daemon.sync(person=MARKUP)
    expect(reader.page.locator("#history tbody")).to_contain_text(MARKUP)
    assert reader.page.locator("#history img:not([role])").count() == 0
