"""What all suites share: a clean environment, one simulator for each suite, and moto."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from aws import Aws

STEERING = re.compile(r"^(AWS_|(HTTPS?|ALL|NO)_PROXY$)", re.IGNORECASE)


def pytest_configure() -> None:
    """No profile, endpoint, credential or proxy of the person who runs the suites may reach a client.

    And being told to end counts as an interruption, so that the servers are stopped then too.
    """
    pytest.register_assert_rewrite(*(path.stem for path in Path(__file__).parent.glob("examples_*.py")))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in [name for name in os.environ if STEERING.match(name)]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures that a suite has found, at the end of its run."""
    if lines := config.stash.get(servers.FIGURES, []):
        terminalreporter.section("how far the simulator is like AWS")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def simulator(request: pytest.FixtureRequest) -> Iterator[servers.Simulator]:
    """A simulator of the suite's own, started with the world that the suite names in `WORLD`."""
    world: Path = request.module.WORLD
    with servers.simulator(world) as running:
        yield running


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The endpoint of a moto server of the suite's own."""
    with servers.moto_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def clients_of_simulator(simulator: servers.Simulator) -> Aws:
    return Aws.of(simulator)


@pytest.fixture
def aws(clients_of_simulator: Aws) -> Aws:
    """boto3's clients of the suite's simulator, which stands as it did at the start."""
    return clients_of_simulator.start_over()
