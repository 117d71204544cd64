"""The scene of the whole: the simulator, the daemon that works on it, and a Prometheus that scrapes the daemon.

Everything listens on 127.0.0.1 at a port that it finds itself, and is stopped by process id, also after a failure.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import servers
import shipped
from world import APPLICATION, CONNECT_REGION, IDENTITY_REGION

WORLD = Path(__file__).with_name("centre.toml")
INSTANCE = "aaaaaaaa-1111-4222-8333-{:012d}"
TARGETS = ("support", "sales", "trial")
MODES = {"trial": "plan"}
SECONDS = 20.0

# A pass every two seconds, at rates that nobody waits for, with one finding accepted. Creations are withheld, but for the
# target that only plans.
CONFIGURATION = f"""
[identity_center]
region = "{IDENTITY_REGION}"

[schedule]
cron = "*/2 * * * * *"

[http]
listen = "127.0.0.1:0"

[log]
format = "json"

[rates.connect]
requests_per_second = 100.0
burst = 100

[[accept]]
code = "login-invalid"
why = "mailbox rename requested"
"""
TARGET = """
[[target]]
name = "{name}"
region = "{region}"
instance_id = "{instance}"
application = "{application}"
mode = "{mode}"

[target.policy]
max_changes = {limit}

[[target.mapping]]
group = "ConnectAgents"
"""


def configuration(targets: tuple[str, ...] = TARGETS) -> str:
    return CONFIGURATION + "".join(
        TARGET.format(
            name=name,
            region=CONNECT_REGION,
            instance=INSTANCE.format(TARGETS.index(name) + 1),
            application=APPLICATION,
            mode=MODES.get(name, "apply"),
            limit=500 if name in MODES else 0,
        )
        for name in targets
    )


def hurried_rules() -> str:
    """The shipped rules, for passes every two seconds rather than every 15 minutes: nothing but times is changed."""
    rules = yaml.safe_load(shipped.RULES.read_text())
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        if "for" in rule:
            rule["for"] = "1s"
        for slow, fast in (("[30m]", "[10s]"), ("[2h]", "[40s]"), ("[6h:5m]", "[40s:1s]"), ("> 1800", "> 6")):
            rule["expr"] = rule["expr"].replace(slow, fast)
    return yaml.safe_dump(rules)


@dataclass
class Daemon:
    """`rollcall run`."""

    process: subprocess.Popen[str]
    printed: servers.Lines
    file: Path
    address: str

    def metrics(self) -> str:
        with servers.DIRECT.open(f"http://{self.address}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def reload(self, text: str) -> None:
        self.file.write_text(text)
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def daemon(simulator: servers.Simulator, directory: Path) -> Iterator[Daemon]:
    file = directory / "rollcall.toml"
    file.write_text(configuration())
    environment = servers.bare_environment() | {
        "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": simulator.endpoint,
    }
    command = [str(servers.rollcall_binary()), "run", "--config", str(file)]
    with started(command, re.compile(r'"event":"listening".*?"address":"[^"]+"'), environment) as (
        process,
        printed,
        line,
    ):
        yield Daemon(process, printed, file, json.loads("{" + line + "}")["address"])


@contextmanager
def started(
    command: list[str], sign: re.Pattern[str], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], servers.Lines, str]]:
    """A process that has printed its sign, and what it printed."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        printed = servers.Lines(process.stdout)
        line = printed.wait_for(sign, lambda: process.poll() is None)
        if line is None:
            raise servers.ServerDidNotStart(f"`{command[0]}` did not print `{sign.pattern}`, but:\n{printed.text()}")
        yield process, printed, line
    finally:
        servers.stop(process)


@dataclass
class Prometheus:
    """A Prometheus with the hurried rules, seen through its API."""

    address: str
    printed: servers.Lines

    def get(self, path: str, **query: str) -> Any:
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with servers.DIRECT.open(url, timeout=10) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        return self.get("query", query=expression)["result"]

    def labels(self, expression: str) -> list[dict[str, str]]:
        return [one["metric"] for one in self.query(expression)]

    def passes(self, target: str) -> float:
        """The passes of a target so far."""
        return sum(float(one["value"][1]) for one in self.query(f'rollcall_passes_total{{target="{target}"}}'))

    def firing(self) -> set[tuple[str, str]]:
        """The alerts that fire: name, and target where there is one."""
        alerts = [alert for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"]
        return {(alert["labels"]["alertname"], alert["labels"].get("target", "")) for alert in alerts}

    def complaints(self) -> list[str]:
        return [
            line for line in self.printed.text().splitlines() if re.search(r"level=(warn|error)", line, re.IGNORECASE)
        ]


@contextmanager
def prometheus(scraped: str, directory: Path) -> Iterator[Prometheus]:
    """A Prometheus that scrapes one address every second."""
    rules = directory / "rules.yaml"
    rules.write_text(hurried_rules())
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "rollcall", "static_configs": [{"targets": [scraped]}]}],
    }
    file = directory / "prometheus.yaml"
    file.write_text(yaml.safe_dump(settings))
    command = [
        shipped.tool("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--web.listen-address=127.0.0.1:0",
    ]
    sign = re.compile(r'"Listening on" address=127\.0\.0\.1:\d+')
    with started(command, sign, servers.bare_environment()) as (_, printed, line):
        running = Prometheus(line.rpartition("=")[2], printed)
        wait_until(lambda: "Server is ready" in printed.text(), "Prometheus is ready")
        yield running


def wait_until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"after {SECONDS:.0f} s it is still not so that {what}"
        time.sleep(0.2)
