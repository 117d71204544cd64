"""What `rollcall export` prints, as Python's csv module and boto3 take it.

An administrator's upload is played by CreateUser with exactly what a row says; a pass after that finds nobody missing.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

import servers
from world import APPLICATION, CONNECT_REGION, IDENTITY_REGION, STORE

WORLD = Path(__file__).with_name("lifecycle.toml")
# The instance is the last table of that world. The last step alone does not tell which group is meant.
LEVELS = """
hierarchy = ["EMEA/London", "APAC/London", "London/EMEA"]
"""
INSTANCE = "aaaaaaaa-1111-4222-8333-000000000009"
SECONDS = 60

# The template's columns, as AWS's administrator guide has them.
COLUMNS = [
    "first name",
    "last name",
    "user login",
    "agent hierarchy",
    "routing profile name",
    "security_profile_name_1|security_profile_name_2",
    "user_hierarchy_1|user_hierarchy_2",
    "phone type (soft/desk)",
    "phone number",
    "tags",
    "persistent connection",
    "audio enhancement(none/isolate voice/suppress noise)",
]

CONFIGURATION = f"""
[identity_center]
region = "{IDENTITY_REGION}"

[[target]]
name = "support"
region = "{CONNECT_REGION}"
instance_id = "{INSTANCE}"
application = "{APPLICATION}"

[[target.mapping]]
group = "ConnectSupervisors"
routing_profile = "Overflow"
security_profiles = ["CallCenterManager", "Agent"]
hierarchy = "EMEA/London"
phone = {{ type = "desk", number = "+442071838750" }}
tags = {{ "team lead" = "Équipe: nord/süd = +1", "-first" = "x" }}

[[target.mapping]]
group = "ConnectAgents"
"""

# Names as people have them, and as people make them up: login, first and last name.
AGENTS = [
    ("quotes@example.com", 'Ana "Ann"', "O'Neil, Jr."),
    ("lines@example.com", "Bo\r\nBy", "Two\nLines"),
    ("emoji@example.com", "🎧 Di", "👩🏽"),
    ("arabic@example.com", "محمد", "عبد الله"),
    ("hebrew@example.com", "שרה (Sarah)", "לוי, 2"),
    ("long@example.com", "é" * 255, "界" * 300),
    ("markup@example.com", "<b>x</b>", "a;b|c\td"),
    ("semi@example.com", "a=1", "b@c"),
]
# The same of names that a spreadsheet would run, and then how they stand in a row.
FORMULAS = [
    (
        "formula@example.com",
        '=HYPERLINK("http://x.example","y")',
        "+1",
        """'=HYPERLINK("http://x.example","y")""",
        "'+1",
    ),
    ("command@example.com", "-2+3+cmd|' /C calc'!A0", "@SUM(A1:A9)", "'-2+3+cmd|' /C calc'!A0", "'@SUM(A1:A9)"),
    ("split@example.com", "Ana;=1+1", "By\t@SUM(A1)\n-2", "Ana;'=1+1", "By\t'@SUM(A1)\n'-2"),
    # A quote mark is read as a quote where a cell begins, wherever that is.
    ("quote@example.com", 'Cy;"@SUM(A1);y', 'Ana;"=1+1;x', "Cy;'\"@SUM(A1);y", "Ana;'\"=1+1;x"),
    ("line@example.com", '"=3+3"', 'Ana\n"=2+2;x', '\'"=3+3"', "Ana\n'\"=2+2;x"),
    ("tab@example.com", '"" "-1', 'Ana\t"@SUM(A1)\tx', '\'"" "-1', "Ana\t'\"@SUM(A1)\tx"),
    ("full@example.com", "=" * 255, "+" * 300, "'" + "=" * 254, "'" + "+" * 299),
]
PEOPLE = AGENTS + [formula[:3] for formula in FORMULAS]
# What makes formulas, cells and lines, and what some programs drop before they look.
DROPPED = '" \t\r\n\u3000'
LETTERS = DROPPED + '""=+-@;;,|\'aé1'


def made_up(count: int) -> list[tuple[str, str, str]]:
    """So many people, the same each time: login, first and last name."""
    chance = random.Random(4180)

    def name() -> str:
        # No blank at either end: names are trimmed, and then there is no telling what was meant.
        middle = "".join(chance.choices(LETTERS, k=chance.randrange(1, 12)))
        return f"{chance.choice(''.join(LETTERS.split()))}{middle}x"

    return [(f"made{number:03}@example.com", name(), name()) for number in range(count)]


@dataclass
class Centre:
    """The contact centre, and Rollcall beside it."""

    simulator: servers.Simulator
    configuration: Path
    people: BaseClient
    connect: BaseClient

    def rollcall(self, *arguments: str) -> str:
        environment = servers.bare_environment() | {
            "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.simulator.endpoint,
        }
        command = [str(servers.rollcall_binary()), *arguments, "--config", str(self.configuration)]
        done = subprocess.run(command, capture_output=True, env=environment, timeout=SECONDS, check=False)
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr.decode()}\n{done.stdout.decode()}"
        # Not as text: that would make one line end of another.
        return done.stdout.decode()

    def rows(self, *arguments: str) -> dict[str, dict[str, str]]:
        """The rows by login, as csv reads them."""
        reader = csv.DictReader(io.StringIO(self.rollcall("export", *arguments), newline=""), strict=True)
        assert reader.fieldnames == COLUMNS
        rows = list(reader)
        assert all(None not in row and None not in row.values() for row in rows), rows
        return {row["user login"]: row for row in rows}

    def join(self, login: str, first: str, last: str, group: str) -> str:
        made = self.people.create_user(
            IdentityStoreId=STORE,
            UserName=login.split("@")[0],
            DisplayName=f"{first} {last}"[:100],
            Name={"GivenName": first, "FamilyName": last},
            Emails=[{"Value": login, "Type": "work", "Primary": True}],
        )
        member = {"UserId": made["UserId"]}
        self.people.create_group_membership(IdentityStoreId=STORE, GroupId=self.group(group), MemberId=member)
        return made["UserId"]

    def join_all(self) -> int:
        """Everybody above, and one with all that a mapping can give. Says how many they are."""
        for login, first, last in PEOPLE:
            self.join(login, first, last, "ConnectAgents")
        self.join("lead@example.com", "Le", "Ad", "ConnectSupervisors")
        return len(PEOPLE) + 1

    def users(self) -> dict[str, dict[str, Any]]:
        """The Connect users by login, as the simulator has them."""
        (instance,) = self.simulator.world()["instances"]
        return {user["login"]: user for user in instance["users"]}

    def group(self, name: str) -> str:
        attribute = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": name}}
        return self.people.get_group_id(IdentityStoreId=STORE, AlternateIdentifier=attribute)["GroupId"]

    def upload(self, row: dict[str, str]) -> None:
        """What the console does with a row, as far as CreateUser can."""
        listed = self.connect.list_routing_profiles(InstanceId=INSTANCE)["RoutingProfileSummaryList"]
        routing = {profile["Name"]: profile["Id"] for profile in listed}
        listed = self.connect.list_security_profiles(InstanceId=INSTANCE)["SecurityProfileSummaryList"]
        security = {profile["Name"]: profile["Id"] for profile in listed}
        hierarchy = row["agent hierarchy"]
        phone = {"PhoneType": f"{row['phone type (soft/desk)'].upper()}_PHONE"}
        if number := row["phone number"]:
            phone["DeskPhoneNumber"] = number
        self.connect.create_user(
            InstanceId=INSTANCE,
            Username=row["user login"],
            IdentityInfo={"FirstName": row["first name"], "LastName": row["last name"]},
            RoutingProfileId=routing[row["routing profile name"]],
            SecurityProfileIds=[security[name] for name in row[COLUMNS[5]].split("|")],
            PhoneConfig=phone,
            Tags=tags_of(row),
            **({"HierarchyGroupId": self.hierarchy_groups()[hierarchy]} if hierarchy else {}),
        )

    def hierarchy_groups(self) -> dict[str, str]:
        """Ids by the path from the top."""
        ids = {}
        listed = self.connect.list_user_hierarchy_groups(InstanceId=INSTANCE)["UserHierarchyGroupSummaryList"]
        for group in listed:
            shown = self.connect.describe_user_hierarchy_group(InstanceId=INSTANCE, HierarchyGroupId=group["Id"])
            path = shown["HierarchyGroup"]["HierarchyPath"]
            steps = [path[level]["Name"] for level in DEPTHS if level in path]
            ids["/".join(steps)] = group["Id"]
        assert len(ids) == len(listed)
        return ids


DEPTHS = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")
# What a user has for themselves, and what no column is for.
UNSAID = ("id", "arn", "secondary_email")
# Names are the one thing that a row may say in another way.
NAMES = {"first_name": "first name", "last_name": "last name"}


def said(user: dict[str, Any]) -> dict[str, Any]:
    """What a row can say of a user of the simulator's world."""
    return {name: value for name, value in user.items() if name not in UNSAID}


def tags_of(row: dict[str, str]) -> dict[str, str]:
    """The tags of a cell: `key=value|key=value`, each split at its first `=`."""
    return dict(tag.split("=", 1) for tag in row["tags"].split("|"))


@pytest.fixture
def centre(simulator: servers.Simulator, tmp_path: Path) -> Centre:
    simulator.load(WORLD.read_text() + LEVELS)
    simulator.options(throttle=False)
    configuration = tmp_path / "rollcall.toml"
    configuration.write_text(CONFIGURATION)
    people = simulator.client("identitystore", IDENTITY_REGION)
    return Centre(simulator, configuration, people, simulator.client("connect", CONNECT_REGION))


def test_every_field_comes_back_as_it_was_meant(centre: Centre) -> None:
    ids = {login: centre.join(login, first, last, "ConnectAgents") for login, first, last in PEOPLE}
    lead = centre.join("lead@example.com", "Le", "Ad", "ConnectSupervisors")
    rows = centre.rows()
    assert set(rows) == {*ids, "lead@example.com"}
    for login, first, last in AGENTS:
        assert (rows[login]["first name"], rows[login]["last name"]) == (first, last)
    for login, _, _, first, last in FORMULAS:
        assert (rows[login]["first name"], rows[login]["last name"]) == (first, last)
    for login, principal in ids.items():
        row = rows[login]
        assert [row[column] for column in COLUMNS[3:9]] == ["", "Basic Routing Profile", "Agent", "", "soft", ""]
        assert tags_of(row) == {
            "rollcall:owner": "rollcall",
            "rollcall:principal": principal,
            "rollcall:mapping": centre.group("ConnectAgents"),
        }
    row = rows["lead@example.com"]
    assert [row[column] for column in COLUMNS[3:9]] == [
        "EMEA/London",
        "Overflow",
        "Agent|CallCenterManager",
        "",
        "desk",
        "+442071838750",
    ]
    assert tags_of(row) == {
        "rollcall:owner": "rollcall",
        "rollcall:principal": lead,
        "rollcall:mapping": centre.group("ConnectSupervisors"),
        "team lead": "Équipe: nord/süd = +1",
        "-first": "x",
    }


def test_no_cell_is_a_formula_but_for_the_phone_number(centre: Centre) -> None:
    centre.join_all()
    centre.join("boss@example.com", "=Le", "\t=Ad", "ConnectSupervisors")
    cells = [
        cell for row in centre.rows().values() for column, cell in row.items() if column != "phone number" and cell
    ]
    assert len(cells) > 60
    assert [cell for cell in cells if cell[0] in "=+-@\t\r\n"] == []


def test_nor_is_one_in_a_spreadsheet_that_splits_elsewhere(centre: Centre) -> None:
    people = PEOPLE + made_up(150)
    for login, first, last in people:
        centre.join(login, first, last, "ConnectAgents")
    text = centre.rollcall("export")
    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
        # More than a cell a line, or this would try nothing.
        assert len(cells) > len(people) + 2
        assert [cell for cell in cells if cell.lstrip(DROPPED)[:1] in tuple("=+-@")] == [], delimiter
    rows = centre.rows()
    for login, first, last in people[len(PEOPLE) :]:
        row = rows[login]
        assert [row[name].replace("'", "") for name in NAMES.values()] == [
            name.replace("'", "") for name in (first, last)
        ]


def test_lines_end_as_the_format_has_them_and_nothing_stands_before_the_header(centre: Centre) -> None:
    centre.join("ana@example.com", "Ana", "Silva", "ConnectAgents")
    text = centre.rollcall("export")
    assert text.startswith("first name,")
    assert text.count("\r\n") == text.count("\n") == 2


def test_uploaded_users_are_ours_and_the_next_pass_creates_nobody(centre: Centre) -> None:
    everybody = centre.join_all()
    for row in centre.rows().values():
        centre.upload(row)
    assert centre.rows() == {}
    assert len(centre.rows("--all")) == everybody
    users = {"create_user", "adopt_user", "update_user", "relink_user"}
    for turn in (1, 2):
        centre.simulator.clear_journal()
        target = sync(centre)
        assert (target["owned"], target["members"]) == (everybody, everybody), turn
        assert not users & {action["kind"] for action in target["actions"]}, turn
        assert target["withheld"] == []
    assert [call["operation"] for call in centre.simulator.journal() if call["write"]] == []


def test_an_uploaded_user_is_the_one_that_sync_would_have_made(centre: Centre) -> None:
    everybody = centre.join_all()
    rows = centre.rows()
    sync(centre)
    made = centre.users()
    assert len(made) == len(rows) == everybody
    for user in made.values():
        centre.connect.delete_user(InstanceId=INSTANCE, UserId=user["id"])
    for row in rows.values():
        centre.upload(row)
    uploaded = centre.users()
    assert {login: said(user) for login, user in uploaded.items()} == {
        login: said(user) | {name: rows[login][column] for name, column in NAMES.items()}
        for login, user in made.items()
    }
    # The sync has assigned the groups, so that there is nothing left to do.
    centre.rollcall("plan", "--exit-code")


def sync(centre: Centre) -> dict[str, Any]:
    """A pass, as it tells of its one target."""
    (target,) = json.loads(centre.rollcall("sync", "--output", "json"))["targets"]
    return target
