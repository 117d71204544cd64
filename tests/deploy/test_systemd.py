"""The unit, its user and its folders, by systemd's own tools, in a root folder made for them."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

import pytest

EXPOSURE = 1.5
UNIT = "etc/systemd/system/rollcall.service"


@pytest.fixture(scope="module")
def unit(deploy: Path) -> Path:
    return deploy / "systemd" / "rollcall.service"


@pytest.fixture(scope="module")
def service(unit: Path) -> dict[str, list[str]]:
    """The settings of [Service], each with all that is given for it."""
    settings: dict[str, list[str]] = {}
    for line in unit.read_text().split("[Service]")[1].split("[Install]")[0].splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            settings.setdefault(name, []).append(value)
    return settings


@pytest.fixture
def root(tmp_path: Path, unit: Path) -> Path:
    """A root folder with the unit, systemd's own units, and files where the unit's programs are to be."""
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    for program in ("usr/local/bin/rollcall", "bin/kill"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", tmp_path / program)
    (tmp_path / UNIT).parent.mkdir(parents=True)
    shutil.copy(unit, tmp_path / UNIT)
    return tmp_path


def test_systemd_understands_every_line(judge, root: Path) -> None:
    assert judge("systemd-analyze", "verify", f"--root={root}", f"/{UNIT}") == ""


def test_a_line_that_systemd_does_not_know_would_show(judge, root: Path) -> None:
    (root / UNIT).write_text((root / UNIT).read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in judge("systemd-analyze", "verify", f"--root={root}", f"/{UNIT}")


def test_little_is_exposed(judge, unit: Path) -> None:
    judge("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", unit)


def test_the_back_off_is_understood_since_254(judge, root: Path, deploy: Path) -> None:
    version = int(re.findall(r"^systemd (\d+)", judge("systemd-analyze", "--version"))[0])
    (root / f"{UNIT}.d").mkdir()
    shutil.copy(deploy / "systemd" / "back-off.conf", root / f"{UNIT}.d")
    said = judge("systemd-analyze", "verify", f"--root={root}", f"/{UNIT}")
    unknown = re.findall(r"Unknown key(?: name)? '(\w+)' in section", said)
    assert sorted(set(unknown)) == ([] if version >= 254 else ["RestartMaxDelaySec", "RestartSteps"]), said
    assert len(said.splitlines()) == len(unknown), said


def test_it_is_started_again_unless_the_configuration_is_wrong(service: dict[str, list[str]], unit: Path) -> None:
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == ["2"]
    assert "StartLimitIntervalSec=0" in unit.read_text().splitlines()


def test_a_reload_looks_at_the_file_first(service: dict[str, list[str]]) -> None:
    assert service["Type"] == ["notify"]
    assert service["ExecReload"] == ["/usr/local/bin/rollcall check --offline", "/bin/kill -HUP $MAINPID"]
    assert service["ExecStart"] == ["/usr/local/bin/rollcall run"]


def test_credentials_and_state_lie_where_the_example_says(repository: Path, service: dict[str, list[str]]) -> None:
    example = (repository / "config" / "example.toml").read_text()
    names = [value.split(":")[0] for value in service["LoadCredential"]]
    assert sorted(names) == ["people-key", "read-token", "token"]
    for name in names:
        assert f'"/run/credentials/rollcall.service/{name}"' in example
    # A source without a slash is looked for in /etc/credstore, and may be missing.
    assert all("/" not in value for value in service["LoadCredential"])
    assert f'"/var/lib/{service["StateDirectory"][0]}/history.db"' in example


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_user_and_folders_are_made(judge, deploy: Path, tmp_path: Path, service: dict[str, list[str]]) -> None:
    for name in ("rollcall/rollcall.toml", "rollcall/environment", "credstore/rollcall.token"):
        (tmp_path / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / name).touch()
    judge("systemd-sysusers", f"--root={tmp_path}", deploy / "systemd/sysusers.d/rollcall.conf")
    judge("systemd-tmpfiles", "--create", f"--root={tmp_path}", deploy / "systemd/tmpfiles.d/rollcall.conf")
    users = {line.split(":")[0]: line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert service["User"] == service["Group"] == ["rollcall"]
    assert users["rollcall"][6].endswith("nologin")
    group = int(users["rollcall"][3])
    for name, mode, of_group in [
        ("rollcall", 0o750, group),
        ("rollcall/rollcall.toml", 0o640, group),
        ("rollcall/environment", 0o600, 0),
        ("credstore", 0o700, 0),
        ("credstore/rollcall.token", 0o600, 0),
    ]:
        found = (tmp_path / "etc" / name).stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, 0, of_group), name
