"""What all suites of the daemon share: a simulator, and configurations in folders of their own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from clock import Clock
from daemons import Daemon, Settings, daemon, world


def pytest_configure() -> None:
    """Being told to end counts as an interruption, so that the servers are stopped then too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def started_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Simulator]:
    path = tmp_path_factory.mktemp("world") / "world.toml"
    path.write_text(world())
    with servers.simulator(path) as running:
        yield running


@pytest.fixture
def simulator(started_simulator: servers.Simulator) -> servers.Simulator:
    """The simulator, which stands as it did at the start, and never refuses for calls that come too often."""
    started_simulator.clear_faults()
    started_simulator.reset_options(throttle=False)
    started_simulator.clock(offset_seconds=0)
    started_simulator.load(world())
    started_simulator.clear_journal()
    return started_simulator


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture(scope="module")
def shared(started_simulator: servers.Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon for all tests of a suite that leave it as it was."""
    started_simulator.reset_options(throttle=False)
    started_simulator.load(world())
    with daemon(Settings(tmp_path_factory.mktemp("daemon")), started_simulator.endpoint) as running:
        yield running
