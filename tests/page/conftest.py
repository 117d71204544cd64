"""What all suites of the page share: a browser, the demo, and a centre of the test's own."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import servers
from daemons import TOKEN, Daemon, Settings, daemon, environment
from reader import Reader, launch, reading

ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/)#token=(\w+)")
Open = Callable[..., Reader]


def pytest_configure() -> None:
    """Being told to end counts as an interruption, so that the servers are stopped then too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Open]:
    """Opens tabs, each in a profile of its own; at the end none of them may have complained."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(reading(browser, **options))


@dataclass(frozen=True)
class Demo:
    """A running `rollcall demo`."""

    root: str
    token: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """What the demo tells people to open."""
        return f"{self.root}#token={self.token}"


def start_demo() -> Demo:
    process = subprocess.Popen(
        [str(servers.rollcall_binary()), "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(None),
    )
    printed = servers.Lines(process.stdout)
    line = printed.wait_for(ADDRESS, lambda: process.poll() is None)
    if line is None:
        servers.stop(process)
        raise servers.ServerDidNotStart(f"the demo told no address; it printed:\n{printed.text()}")
    found = ADDRESS.match(line)
    return Demo(found.group(1), found.group(2), process)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    running = start_demo()
    yield running
    servers.stop(running.process)


@pytest.fixture
def mortal_demo() -> Iterator[Demo]:
    """A demo for one test, which may end it."""
    running = start_demo()
    yield running
    servers.stop(running.process)


@dataclass
class Centre:
    """A simulated AWS, and a daemon that looks after it."""

    simulator: servers.Simulator
    daemon: Daemon

    @property
    def root(self) -> str:
        return f"http://{self.daemon.host}:{self.daemon.port}/"

    @property
    def address(self) -> str:
        return f"{self.root}#token={TOKEN}"


Build = Callable[..., Centre]


def builder(folder: Path, stack: ExitStack) -> Build:
    def build(world: str, change: Callable[[Settings], None] = lambda _: None) -> Centre:
        (folder / "world.toml").write_text(world)
        simulator = stack.enter_context(servers.simulator(folder / "world.toml"))
        simulator.reset_options(throttle=False)
        settings = Settings(folder)
        change(settings)
        return Centre(simulator, stack.enter_context(daemon(settings, simulator.endpoint)))

    return build


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Build]:
    """Starts a simulator with a world, and a daemon with a configuration that the test may change first."""
    with ExitStack() as stack:
        yield builder(tmp_path, stack)


@pytest.fixture(scope="module")
def shared_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    with ExitStack() as stack:
        yield builder(tmp_path_factory.mktemp("centre"), stack)
