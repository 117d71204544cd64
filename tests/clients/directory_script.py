"""One script of Identity Store calls, and how its answers are made comparable between servers.

A step names an operation and its request. `@name` in a request stands for an id that an earlier step gave. What a
server answered is reduced to what has to be equal; every reduction stands below with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

ID = re.compile(r"(?:[0-9a-f]{10}-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODY = "00000000-0000-4000-8000-00000000dead"

# Members that AWS's current model has and moto lacks: ids of another form, revisions, times and their authors, and the
# status. What the simulator says in them is held against the model by a test of its own.
ABSENT_FROM_MOTO = {"UserArn", "GroupArn", "MembershipArn", "Revision", "UserStatus"}
ABSENT_FROM_MOTO |= {"CreatedAt", "CreatedBy", "UpdatedAt", "UpdatedBy"}
# The words of an error are nobody's contract; its code, status, ResourceType and Reason are.
WORDING = {"Message", "RequestId", "ResourceId"}


@dataclass(frozen=True)
class Step:
    """One call, or with `pages` all pages of a listing; `keep` says under which name which member is remembered."""

    name: str
    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    keep: tuple[str, str] | None = None
    pages: str | None = None


def unique(path: str, value: str) -> dict[str, Any]:
    return {"AlternateIdentifier": {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}}


def external(issuer: str, value: str) -> dict[str, Any]:
    return {"AlternateIdentifier": {"ExternalId": {"Issuer": issuer, "Id": value}}}


def person(name: str, given: str, family: str, **more: Any) -> dict[str, Any]:
    full = {"GivenName": given, "FamilyName": family}
    return {"UserName": name, "Name": full, "DisplayName": f"{given} {family}", **more}


def member(group: str, user: str) -> dict[str, Any]:
    return {"GroupId": group, "MemberId": {"UserId": user}}


ADA = person(
    "ada",
    "Ada",
    "Lovelace",
    Emails=[{"Value": "ada@example.com", "Type": "work", "Primary": True}],
    PhoneNumbers=[{"Value": "+442071234567", "Type": "work", "Primary": True}],
    Addresses=[{"StreetAddress": "12 St James's Square", "Locality": "London", "Country": "GB", "Primary": True}],
    NickName="Countess",
    ProfileUrl="https://people.example.com/ada",
    UserType="Employee",
    Title="Analyst",
    PreferredLanguage="en",
    Locale="en-GB",
    Timezone="Europe/London",
)
GRACE = person("grace", "Grace", "Hopper", Emails=[{"Value": "grace@example.com", "Primary": True}])
NO_MAIL = person("linus", "Linus", "Torvalds")
UNICODE = person("zoë", "Zoë", "Núñez Ōta", Emails=[{"Value": "zoë@example.com", "Primary": True}])
CROWD = [person(f"agent{n}", "Agent", f"Number {n}") for n in range(1, 4)]

CREATE_USERS = [
    Step("no user is listed at first", "list_users"),
    Step("create a user with every attribute", "create_user", ADA, ("@ada", "UserId")),
    Step("create a user with an e-mail", "create_user", GRACE, ("@grace", "UserId")),
    # Before anybody without an e-mail is there: then moto can search e-mails no more.
    Step("find a user by e-mail", "get_user_id", unique("emails.value", "ada@example.com")),
    Step("find no user by e-mail", "get_user_id", unique("emails.value", "nobody@example.com")),
    Step("create a user without an e-mail", "create_user", NO_MAIL, ("@linus", "UserId")),
    Step("create a user with letters beyond ASCII", "create_user", UNICODE, ("@zoe", "UserId")),
    *(Step(f"create user {who['UserName']}", "create_user", who, (f"@{who['UserName']}", "UserId")) for who in CROWD),
    Step("a user name is taken", "create_user", person("ada", "Another", "Ada")),
    Step("a user needs a user name", "create_user", {"DisplayName": "X", "Name": GRACE["Name"]}),
    Step("a user needs a display name", "create_user", {"UserName": "nameless", "Name": GRACE["Name"]}),
    Step("a user needs a name", "create_user", {"UserName": "nameless", "DisplayName": "X"}),
    Step(
        "a user needs a family name",
        "create_user",
        {"UserName": "nameless", "DisplayName": "X", "Name": {"GivenName": "No"}},
    ),
]
READ_USERS = [
    Step("describe a user with every attribute", "describe_user", {"UserId": "@ada"}),
    Step("describe a user with few attributes", "describe_user", {"UserId": "@linus"}),
    Step("describe a user with letters beyond ASCII", "describe_user", {"UserId": "@zoe"}),
    Step("describe nobody", "describe_user", {"UserId": NOBODY}),
    Step("find a user by user name", "get_user_id", unique("userName", "grace")),
    Step("find no user by user name", "get_user_id", unique("userName", "nobody")),
    Step("find no user by another system's id", "get_user_id", external("https://idp.example.com", "17")),
    Step("a user is not found by a nickname", "get_user_id", unique("nickName", "Countess")),
    Step("list users on one page", "list_users", pages="Users"),
    Step("list users, two a page", "list_users", {"MaxResults": 2}, pages="Users"),
    Step("list users, the last page full", "list_users", {"MaxResults": 7}, pages="Users"),
    Step("list users, one a page", "list_users", {"MaxResults": 1}, pages="Users"),
    Step(
        "filter users by name",
        "list_users",
        {"Filters": [{"AttributePath": "UserName", "AttributeValue": "ada"}]},
    ),
    Step(
        "filter users by a name that nobody has",
        "list_users",
        {"Filters": [{"AttributePath": "UserName", "AttributeValue": "nobody"}]},
    ),
]
GROUPS = [
    Step("no group is listed at first", "list_groups"),
    Step("create a group", "create_group", {"DisplayName": "Agents"}, ("@agents", "GroupId")),
    Step(
        "create a group with a description",
        "create_group",
        {"DisplayName": "Super visors", "Description": "Who may listen in"},
        ("@supervisors", "GroupId"),
    ),
    Step("create a third group", "create_group", {"DisplayName": "Empty"}, ("@empty", "GroupId")),
    Step("a group name is taken", "create_group", {"DisplayName": "Agents"}),
    Step("describe a group", "describe_group", {"GroupId": "@agents"}),
    Step("describe a group with a description", "describe_group", {"GroupId": "@supervisors"}),
    Step("describe a missing group", "describe_group", {"GroupId": NOBODY}),
    Step("find a group by name", "get_group_id", unique("displayName", "Super visors")),
    Step("find no group by name", "get_group_id", unique("displayName", "Nobodies")),
    Step("find no group by another system's id", "get_group_id", external("https://idp.example.com", "17")),
    Step("list groups on one page", "list_groups", pages="Groups"),
    Step("list groups, one a page", "list_groups", {"MaxResults": 1}, pages="Groups"),
    Step(
        "filter groups by name",
        "list_groups",
        {"Filters": [{"AttributePath": "DisplayName", "AttributeValue": "Empty"}]},
    ),
]
MEMBERSHIPS = [
    Step("a new group has no members", "list_group_memberships", {"GroupId": "@agents"}, pages="GroupMemberships"),
    Step("add a member", "create_group_membership", member("@agents", "@ada"), ("@ada-agents", "MembershipId")),
    Step(
        "add a second member", "create_group_membership", member("@agents", "@grace"), ("@grace-agents", "MembershipId")
    ),
    Step(
        "add a third member", "create_group_membership", member("@agents", "@linus"), ("@linus-agents", "MembershipId")
    ),
    Step(
        "add a member elsewhere",
        "create_group_membership",
        member("@supervisors", "@ada"),
        ("@ada-sup", "MembershipId"),
    ),
    Step("add nobody", "create_group_membership", member("@agents", NOBODY)),
    Step("add to a missing group", "create_group_membership", member(NOBODY, "@ada")),
    Step("describe a membership", "describe_group_membership", {"MembershipId": "@ada-agents"}),
    Step("describe a missing membership", "describe_group_membership", {"MembershipId": NOBODY}),
    Step("find a membership", "get_group_membership_id", member("@agents", "@grace")),
    Step("find a membership that is not", "get_group_membership_id", member("@empty", "@grace")),
    Step("list members on one page", "list_group_memberships", {"GroupId": "@agents"}, pages="GroupMemberships"),
    Step(
        "list members, two a page",
        "list_group_memberships",
        {"GroupId": "@agents", "MaxResults": 2},
        pages="GroupMemberships",
    ),
    Step(
        "list a user's groups",
        "list_group_memberships_for_member",
        {"MemberId": {"UserId": "@ada"}},
        pages="GroupMemberships",
    ),
    Step(
        "list a user's groups, one a page",
        "list_group_memberships_for_member",
        {"MemberId": {"UserId": "@ada"}, "MaxResults": 1},
        pages="GroupMemberships",
    ),
    Step(
        "list the groups of a user in none",
        "list_group_memberships_for_member",
        {"MemberId": {"UserId": "@zoe"}},
        pages="GroupMemberships",
    ),
    Step(
        "ask for memberships in several groups",
        "is_member_in_groups",
        {"MemberId": {"UserId": "@ada"}, "GroupIds": ["@agents", "@empty", "@supervisors"]},
    ),
    Step(
        "ask for memberships that are not",
        "is_member_in_groups",
        {"MemberId": {"UserId": "@zoe"}, "GroupIds": ["@agents"]},
    ),
]
UPDATES = [
    Step(
        "update a user",
        "update_user",
        {"UserId": "@grace", "Operations": [{"AttributePath": "displayName", "AttributeValue": "Grace Hopper"}]},
    ),
    Step(
        "update a group",
        "update_group",
        {"GroupId": "@agents", "Operations": [{"AttributePath": "displayName", "AttributeValue": "Agents"}]},
    ),
]
DELETIONS = [
    Step("remove a member", "delete_group_membership", {"MembershipId": "@linus-agents"}),
    Step(
        "the removed member is listed no more",
        "list_group_memberships",
        {"GroupId": "@agents"},
        pages="GroupMemberships",
    ),
    Step("the removed membership is gone", "describe_group_membership", {"MembershipId": "@linus-agents"}),
    Step("remove a member who was removed", "delete_group_membership", {"MembershipId": "@linus-agents"}),
    Step("delete a user", "delete_user", {"UserId": "@linus"}),
    Step("the deleted user is gone", "describe_user", {"UserId": "@linus"}),
    Step("the deleted user is not found", "get_user_id", unique("userName", "linus")),
    Step("the deleted user is listed no more", "list_users", pages="Users"),
    Step("delete a deleted user", "delete_user", {"UserId": "@linus"}),
    Step("delete a group", "delete_group", {"GroupId": "@empty"}),
    Step("the deleted group is gone", "describe_group", {"GroupId": "@empty"}),
    Step("the deleted group is not found", "get_group_id", unique("displayName", "Empty")),
    Step("delete a deleted group", "delete_group", {"GroupId": "@empty"}),
    Step("a deleted user's name is free again", "create_user", NO_MAIL, ("@linus2", "UserId")),
    Step("a deleted group's name is free again", "create_group", {"DisplayName": "Empty"}, ("@empty2", "GroupId")),
]
REFUSALS = [
    Step("list the members of a missing group", "list_group_memberships", {"GroupId": NOBODY}),
    Step("a member is added once", "create_group_membership", member("@agents", "@ada")),
    Step("a token that nobody gave", "list_users", {"NextToken": "nobody-gave-this"}),
    Step("a page of none", "list_group_memberships", {"GroupId": "@empty2", "MaxResults": 0}),
    Step("a malformed id", "describe_user", {"UserId": "not-an-id"}),
    Step("another store", "list_users", {"IdentityStoreId": "d-0000000000"}),
]
SCRIPT = [*CREATE_USERS, *READ_USERS, *GROUPS, *MEMBERSHIPS, *UPDATES, *DELETIONS, *REFUSALS]


class Memory:
    """What one server gave out: ids under the script's names, and those without one in the order of appearance."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def keep(self, name: str, value: str) -> None:
        self.kept[name] = value
        self._names[value] = name

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return self.kept[value] if isinstance(value, str) and value.startswith("@") else value

    def without_ids(self, value: Any) -> Any:
        """Ids are the server's to choose: each becomes its name in the script, or a number by first appearance."""
        if isinstance(value, dict):
            return {name: self.without_ids(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.without_ids(inner) for inner in value]
        if isinstance(value, str) and ID.fullmatch(value):
            return self._names.setdefault(value, f"id-{len(self._names) + 1}")
        return value


def reduced(value: Any) -> Any:
    """Without what moto lacks; an empty list reads as an absent one, since no client can tell them apart."""
    if isinstance(value, dict):
        kept = {name: reduced(inner) for name, inner in value.items() if name not in ABSENT_FROM_MOTO}
        return {name: inner for name, inner in kept.items() if inner not in ([], None)}
    return [reduced(inner) for inner in value] if isinstance(value, list) else value


def sorted_items(items: list[Any]) -> list[Any]:
    """A listing has no documented order."""
    return sorted(items, key=repr)


def error_outcome(error: ClientError) -> dict[str, Any]:
    details = error.response
    outcome = {"error": details["Error"]["Code"], "status": details["ResponseMetadata"]["HTTPStatusCode"]}
    more = {"ResourceType", "Reason"} - WORDING
    return outcome | {name: details[name] for name in sorted(more) if details.get(name)}


@dataclass
class Run:
    """The script against one server: `outcomes` by step, comparable; `answers` by step, as they came."""

    client: BaseClient
    store: str
    memory: Memory = field(default_factory=Memory)
    outcomes: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def perform(self, steps: list[Step]) -> Run:
        for step in steps:
            assert step.name not in self.outcomes, f"two steps are called `{step.name}`"
            try:
                self.outcomes[step.name] = self._outcome(step)
            except ClientError as error:
                self.outcomes[step.name] = error_outcome(error)
        return self

    def _call(self, step: Step, **more: Any) -> dict[str, Any]:
        params = {"IdentityStoreId": self.store, **self.memory.filled(step.params), **more}
        answer = getattr(self.client, step.operation)(**params)
        del answer["ResponseMetadata"]
        self.answers.setdefault(step.name, []).append(answer)
        return answer

    def _outcome(self, step: Step) -> dict[str, Any]:
        if step.pages:
            return self._pages(step, step.pages)
        answer = self._call(step)
        if step.keep:
            alias, name = step.keep
            self.memory.keep(alias, answer[name])
        if "NextToken" in answer:
            answer = {**answer, "NextToken": "a token"}  # tokens are opaque
        lists = {
            name: sorted_items(self.memory.without_ids(reduced(v))) for name, v in answer.items() if isinstance(v, list)
        }
        return reduced({**self.memory.without_ids(reduced(answer)), **lists})

    def _pages(self, step: Step, items: str) -> dict[str, Any]:
        """The size of every page, and the items of all of them."""
        sizes, found, token = [], [], {}
        for _ in range(100):
            answer = self._call(step, **token)
            sizes.append(len(answer[items]))
            found += answer[items]
            if "NextToken" not in answer:
                return {"pages": sizes, "items": sorted_items(self.memory.without_ids(reduced(found)))}
            token = {"NextToken": answer["NextToken"]}
        raise AssertionError(f"`{step.name}` never ends")
