"""A reader of the status page: a real browser, whose every complaint is kept.

The browser is Debian's Chromium; `CHROMIUM` names another. axe-core judges accessibility; `AXE` names its file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Response, expect

from servers import REPOSITORY

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
AXE = Path(os.environ.get("AXE") or REPOSITORY / "target" / "page" / "axe.min.js")
SCREENSHOTS = REPOSITORY / "target" / "page" / "screenshots"
ZONE = "Europe/Berlin"
# Generous: other programs may be at work on the same machine.
PATIENCE = 20_000
WATCH = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


def launch(playwright: Playwright) -> Browser:
    # Chromium's own sandbox does not start for root, as which tests run in containers.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@dataclass
class Reader:
    """A tab, and what it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, address: str) -> Response | None:
        return self.page.goto(address)

    def sees(self, text: str, inside: str = "body") -> None:
        """Waits until the words are there to be seen."""
        self.page.locator(inside).get_by_text(text).first.wait_for(timeout=PATIENCE)

    def text(self, inside: str) -> str:
        return self.page.locator(inside).inner_text()

    def has_loaded(self) -> None:
        """Waits until nothing is loading any more."""
        expect(self.page.locator(".loading")).to_have_count(0, timeout=PATIENCE)

    def forgive(self, *words: str) -> None:
        """Drops complaints that a test has brought about itself."""
        self.complaints = [each for each in self.complaints if not any(word in each for word in words)]

    def violations(self) -> list[str]:
        """What axe-core finds fault with, rule by rule."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['help']}: {[node['target'] + [node['failureSummary']] for node in each['nodes'][:3]]}"
            for each in found["violations"]
        ]

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def screenshot(self, name: str) -> None:
        """For people to look at, in target/."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@contextmanager
def reading(browser: Browser, *, width: int = 1280, scheme: str = "light", **more: object) -> Iterator[Reader]:
    """A tab of its own. At its end nothing may be left that it complained of."""
    height = {390: 844, 2560: 1440}.get(width, 900)
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id=ZONE, locale="en-GB", **more
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    reader = Reader(page)
    page.on("console", lambda said: reader.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (reader.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: reader.asked.append(request.url))
    try:
        yield reader
        assert reader.complaints == []
    finally:
        context.close()
