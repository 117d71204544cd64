"""Holds everything that the daemon and a command say against the secrets that they were given.

`RUST_LOG=trace` asks the SDK and hyper for all that they would tell. Each secret is looked for on stdout, on stderr and
in every answer over HTTP, refusals and metrics included; where people are hashed, names and addresses too, on stderr.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import servers
from daemons import TARGET, Daemon, Settings, daemon, rollcall, until, world

ACCOUNT = "111122223333"
# The first is what Rollcall assumes for Identity Center, the second what the AWS profile assumes before that.
ROLE, PROFILE_ROLE = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("rollcall", "base"))

SECRETS = {
    "secret key": "TopSecretKey/0123456789abcdefghijABCDEFG",
    "session token": "TopSessionToken+0123456789abcdefghij==",
    "external id": "top-external-id-of-the-configuration",
    "external id of the profile": "top-external-id-of-the-profile",
    "token": "top-token-that-triggers-0123456789abcdef",
    "read token": "top-token-that-reads-0123456789abcdef",
    "key of hashed people": "top-key-of-hashed-people-0123456789abcdef",
    "password of the proxy": "top-password-of-the-proxy",
}
# What the simulator gives out for a session: 64 digits the token, 32 the secret key.
OF_A_SESSION = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{64}|SecretAccessKey\W+\w+|SessionToken\W+\w+)")
PEOPLE = re.compile(r"agent\d{4}|Number \d|@example\.com")

ROLES = f"""
[[roles]]
arn = "{ROLE}"
external_id = "{SECRETS["external id"]}"
[[roles]]
arn = "{PROFILE_ROLE}"
external_id = "{SECRETS["external id of the profile"]}"
"""


def by_environment(_: Path) -> dict[str, str]:
    return {"AWS_SECRET_ACCESS_KEY": SECRETS["secret key"], "AWS_SESSION_TOKEN": SECRETS["session token"]}


def by_profile(folder: Path) -> dict[str, str]:
    """Files of the AWS tools; empty variables are as good as none to the SDK."""
    (folder / "credentials").write_text(
        f"[base]\naws_access_key_id = {servers.ACCESS_KEY}\naws_secret_access_key = {SECRETS['secret key']}\n"
        f"aws_session_token = {SECRETS['session token']}\n"
    )
    (folder / "config").write_text(
        f"[profile rollcall]\nrole_arn = {PROFILE_ROLE}\nsource_profile = base\nregion = eu-west-1\n"
        f"external_id = {SECRETS['external id of the profile']}\n"
    )
    files = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    return files | {"AWS_PROFILE": "rollcall", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def by_a_proxy_that_is_away(folder: Path) -> dict[str, str]:
    proxy = f"http://somebody:{SECRETS['password of the proxy']}@127.0.0.1:9"
    return by_environment(folder) | {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}


WAYS = {"environment": by_environment, "profile": by_profile, "proxy": by_a_proxy_that_is_away}


def configured(settings: Settings) -> Settings:
    """One token by file and one by its variable, the key by file, the external id in the configuration itself."""
    settings.protect(SECRETS["token"], None)
    key = settings.secret("people-key", SECRETS["key of hashed people"])
    settings.tables["log"] |= {"level": "trace", "people": "hashed", "people_key_file": str(key)}
    settings.tables["identity_center"] |= {"role_arn": ROLE, "external_id": SECRETS["external id"]}
    return settings


def found(where: str, text: str) -> list[str]:
    """The names of the secrets in a text."""
    names = [f"{name} in {where}" for name, secret in SECRETS.items() if secret in text]
    return names + [f"{match[:40]} in {where}" for match in OF_A_SESSION.findall(text)]


def answers(running: Daemon) -> Iterator[tuple[str, str]]:
    """What everybody may be told: by each path, with either token, with a wrong one, and with things that are no use."""
    token, read_token = SECRETS["token"], SECRETS["read token"]
    reads = ("status", "runs", "findings", "explain?person=agent0001@example.com")
    for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/", "/nowhere", *(f"/v1/{read}" for read in reads)):
        for presented in (token, read_token, None, "wrong"):
            answer = running.ask("GET", path, token=presented)
            yield f"GET {path}", f"{answer.headers}{answer.body.decode()}"
    for path, body in (
        ("/v1/sync", {"target": TARGET, "nonsense": 1}),
        ("/v1/sync", {"target": "nobody's"}),
        ("/v1/approvals", {"approval": "0000"}),
        ("/v1/approvals", "no JSON"),
    ):
        for presented in (token, read_token):
            answer = running.ask("POST", path, body, token=presented)
            yield f"POST {path}", f"{answer.headers}{answer.body.decode()}"
    # Letter for letter what is right, but not where it belongs.
    mangled = {"Authorization": f"Basic {token}", "Cookie": f"token={token}"}
    answer = running.ask("GET", "/v1/status", token=None, headers=mangled)
    assert answer.status == 401
    yield "a token where none belongs", f"{answer.headers}{answer.body.decode()}"


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_told_at_any_level(simulator: servers.Simulator, settings: Settings, way: str) -> None:
    simulator.load(world() + ROLES)
    environment: dict[str, Any] = WAYS[way](settings.folder)
    environment |= {"RUST_LOG": "trace", "ROLLCALL_HTTP_READ_TOKEN": SECRETS["read token"]}
    told: list[str] = []
    with daemon(configured(settings), simulator.endpoint, **environment) as running:
        order = running.ask("POST", "/v1/sync?wait=30", {}, token=SECRETS["token"], timeout=60)
        assert order.json()["verdict"] == ("failed" if way == "proxy" else "converged"), running.err.text()[-3000:]
        for where, text in answers(running):
            told += found(where, text)
        running.end()
        until(lambda: running.process.poll() is not None, "the end")
        log = running.err.text()
        told += found("the log", log) + found("stdout", running.out.text())
    for command in (["check"], ["plan", "--output", "json"], ["sync"], ["explain", "agent0001@example.com"]):
        done = rollcall("--config", settings.path, *command, endpoint=simulator.endpoint, **environment)
        assert done.stdout or done.stderr, command
        told += found(f"stdout of {command[0]}", done.stdout) + found(f"stderr of {command[0]}", done.stderr)
        log += done.stderr if command[0] in ("plan", "sync") else ""
    assert not told
    assert '"level":"DEBUG"' in log, "nothing came of asking for more"
    assert not PEOPLE.findall(log)
