"""Proves that every listing of the simulator pages as AWS's do, seen by boto3.

Page sizes of one and two, documented limits, short and empty pages that have a successor, and tokens that are refused
where they are invented, altered, another listing's, another caller's, older than a day, or sent with other arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient

from aws import Aws, code_and_status, pages
from world import (
    ADA,
    AGENTS,
    APPLICATION,
    CONNECT_INSTANCE,
    GRACE,
    MANAGED_INSTANCE,
    OPEN_APPLICATION,
    SSO_INSTANCE,
    STORE,
    SUPERVISORS,
    WORLD,
)

__all__ = ["WORLD"]

STORED = {"IdentityStoreId": STORE}
INSTANCE = {"InstanceId": CONNECT_INSTANCE}


@dataclass(frozen=True)
class Listing:
    """A paged operation; `other` are arguments that make it another listing, `most` its largest page in items."""

    client: str
    operation: str
    items: str
    params: dict[str, Any]
    other: dict[str, Any] | None = None
    most: int = 100

    def __str__(self) -> str:
        return f"{self.client}-{self.operation}"

    def call(self, aws: Aws) -> Any:
        return getattr(self.client_of(aws), self.operation)

    def client_of(self, aws: Aws) -> BaseClient:
        return getattr(aws, self.client)


def connect_listing(operation: str, items: str, **params: Any) -> Listing:
    return Listing("connect", operation, items, INSTANCE | params, {"InstanceId": MANAGED_INSTANCE}, 1000)


LISTINGS = [
    Listing("identity", "list_users", "Users", STORED),
    Listing("identity", "list_groups", "Groups", STORED),
    Listing(
        "identity",
        "list_group_memberships",
        "GroupMemberships",
        STORED | {"GroupId": AGENTS},
        {"GroupId": SUPERVISORS},
    ),
    Listing(
        "identity",
        "list_group_memberships_for_member",
        "GroupMemberships",
        STORED | {"MemberId": {"UserId": GRACE}},
        {"MemberId": {"UserId": ADA}},
    ),
    Listing("sso", "list_applications", "Applications", {"InstanceArn": SSO_INSTANCE}, most=50),
    Listing(
        "sso",
        "list_application_assignments",
        "ApplicationAssignments",
        {"ApplicationArn": APPLICATION},
        {"ApplicationArn": OPEN_APPLICATION},
    ),
    Listing(
        "sso",
        "list_application_assignments_for_principal",
        "ApplicationAssignments",
        {"InstanceArn": SSO_INSTANCE, "PrincipalId": AGENTS, "PrincipalType": "GROUP"},
        {"PrincipalId": SUPERVISORS},
    ),
    connect_listing("list_users", "UserSummaryList"),
    Listing(
        "connect",
        "search_users",
        "Users",
        INSTANCE,
        {
            "SearchCriteria": {
                "StringCondition": {"FieldName": "Username", "Value": "example", "ComparisonType": "CONTAINS"}
            }
        },
        500,
    ),
    connect_listing("list_routing_profiles", "RoutingProfileSummaryList"),
    connect_listing("list_security_profiles", "SecurityProfileSummaryList"),
    connect_listing("list_user_hierarchy_groups", "UserHierarchyGroupSummaryList"),
    connect_listing("list_quick_connects", "QuickConnectSummaryList"),
]
every_listing = pytest.mark.parametrize("listing", LISTINGS, ids=str)


@pytest.fixture
def aws(aws: Aws) -> Aws:
    """The suite's world with more assignments, so that every listing has two items at least."""
    for principal, kind in ((AGENTS, "GROUP"), (ADA, "USER")):
        aws.sso.create_application_assignment(ApplicationArn=APPLICATION, PrincipalId=principal, PrincipalType=kind)
    aws.sso.create_application_assignment(ApplicationArn=OPEN_APPLICATION, PrincipalId=AGENTS, PrincipalType="GROUP")
    aws.simulator.clear_journal()
    return aws


def whole(aws: Aws, listing: Listing) -> list[Any]:
    answer = listing.call(aws)(**listing.params)
    assert "NextToken" not in answer, "the world fits on one page"
    return answer[listing.items]


def flattened(listing: Listing, answers: list[dict[str, Any]]) -> list[Any]:
    return [item for answer in answers for item in answer[listing.items]]


def first_token(aws: Aws, listing: Listing) -> str:
    return listing.call(aws)(**listing.params, MaxResults=1)["NextToken"]


def token_refusal(listing: Listing) -> tuple[str, int]:
    return ("InvalidParameterException" if listing.client == "connect" else "ValidationException", 400)


@every_listing
@pytest.mark.parametrize("size", [1, 2])
def test_pages_hold_what_was_asked_for(aws: Aws, listing: Listing, size: int) -> None:
    everything = whole(aws, listing)
    answers = list(pages(listing.call(aws), **listing.params, MaxResults=size))
    sizes = [len(answer[listing.items]) for answer in answers]
    assert flattened(listing, answers) == everything, "each once, in one order"
    assert len(everything) >= 2
    assert all(length == size for length in sizes[:-1])
    assert len(sizes) == -(-len(everything) // size), "no token after the last item"


@every_listing
def test_botocores_paginator_reads_to_the_end(aws: Aws, listing: Listing) -> None:
    client = listing.client_of(aws)
    assert client.can_paginate(listing.operation)
    paginator = client.get_paginator(listing.operation)
    answers = list(paginator.paginate(**listing.params, PaginationConfig={"PageSize": 1}))
    assert flattened(listing, answers) == whole(aws, listing)


@every_listing
def test_short_pages_end_only_where_the_token_does(aws: Aws, listing: Listing) -> None:
    everything = whole(aws, listing)
    aws.simulator.options(short_pages=True)
    answers = list(pages(listing.call(aws), **listing.params, MaxResults=2))
    assert len(answers[0][listing.items]) == 1
    assert flattened(listing, answers) == everything


@every_listing
def test_an_empty_page_with_a_token_is_not_the_end(aws: Aws, listing: Listing) -> None:
    everything = whole(aws, listing)
    aws.simulator.options(empty_pages=True)
    answers = list(pages(listing.call(aws), **listing.params, MaxResults=1))
    assert answers[0][listing.items] == []
    assert "NextToken" in answers[0]
    assert flattened(listing, answers) == everything


@every_listing
def test_pages_can_be_capped(aws: Aws, listing: Listing) -> None:
    everything = whole(aws, listing)
    aws.simulator.options(page_size=1)
    answers = list(pages(listing.call(aws), **listing.params))
    assert [len(answer[listing.items]) for answer in answers] == [1] * len(everything)


@every_listing
def test_pages_can_change_their_size_on_the_way(aws: Aws, listing: Listing) -> None:
    everything = whole(aws, listing)
    aws.simulator.options(page_sizes=[1, 2])
    answers = list(pages(listing.call(aws), **listing.params))
    sizes = [len(answer[listing.items]) for answer in answers]
    assert sizes[:-1] == [1, 2] * (len(sizes[:-1]) // 2) + [1] * (len(sizes[:-1]) % 2)
    assert flattened(listing, answers) == everything


@every_listing
def test_an_invented_token_is_refused(aws: Aws, listing: Listing) -> None:
    assert code_and_status(listing.call(aws), **listing.params, NextToken="invented") == token_refusal(listing)


@every_listing
def test_an_altered_token_is_refused(aws: Aws, listing: Listing) -> None:
    token = first_token(aws, listing)
    altered = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert code_and_status(listing.call(aws), **listing.params, NextToken=altered) == token_refusal(listing)


@every_listing
def test_another_listings_token_is_refused(aws: Aws, listing: Listing) -> None:
    beside = {"identity": "list_users", "sso": "list_applications", "connect": "list_routing_profiles"}
    elsewhere = {"identity": "list_groups", "sso": "list_application_assignments", "connect": "list_users"}
    name = beside[listing.client] if listing.operation != beside[listing.client] else elsewhere[listing.client]
    stranger = next(other for other in LISTINGS if (other.client, other.operation) == (listing.client, name))
    token = first_token(aws, stranger)
    assert code_and_status(listing.call(aws), **listing.params, NextToken=token) == token_refusal(listing)


@pytest.mark.parametrize("listing", [listing for listing in LISTINGS if listing.other], ids=str)
def test_a_token_with_other_arguments_is_refused(aws: Aws, listing: Listing) -> None:
    token, changed = first_token(aws, listing), listing.params | (listing.other or {})
    listing.call(aws)(**changed)
    assert code_and_status(listing.call(aws), **changed, NextToken=token) == token_refusal(listing)


@every_listing
def test_a_token_holds_with_another_page_size(aws: Aws, listing: Listing) -> None:
    """The page size is no argument of the listing."""
    everything = whole(aws, listing)
    rest = listing.call(aws)(**listing.params, MaxResults=50, NextToken=first_token(aws, listing))
    assert rest[listing.items] == everything[1:]


@every_listing
def test_a_token_is_too_old_after_a_day(aws: Aws, listing: Listing) -> None:
    token = first_token(aws, listing)
    with aws.later(hours=25):
        code, status = code_and_status(listing.call(aws), **listing.params, NextToken=token)
    assert (code, status) == (("InvalidToken", 400) if listing.client == "connect" else ("ValidationException", 400))


@pytest.mark.parametrize("listing", [listing for listing in LISTINGS if listing.operation == "list_users"], ids=str)
def test_what_is_deleted_between_pages_breaks_nothing(aws: Aws, listing: Listing) -> None:
    everything = whole(aws, listing)
    key = "UserId" if listing.client == "identity" else "Id"
    first = listing.call(aws)(**listing.params, MaxResults=1)
    gone = next(item for item in everything if item not in first[listing.items])
    listing.client_of(aws).delete_user(**listing.params, UserId=gone[key])
    rest = listing.call(aws)(**listing.params, MaxResults=50, NextToken=first["NextToken"])
    assert rest[listing.items] == [item for item in everything[1:] if item != gone]


def test_documented_limits_of_a_page(aws: Aws) -> None:
    """A hundred people a page, fifty applications whatever is asked for, a thousand Connect users, 500 searched."""
    applications = "".join(f'[[applications]]\nname = "Application {n}"\n' for n in range(60))
    aws.simulator.load(WORLD.with_name("crowd.toml").read_text() + applications)

    def sizes(listing: Listing, **params: Any) -> list[int]:
        return [len(answer[listing.items]) for answer in pages(listing.call(aws), **listing.params, **params)]

    by_name = {str(listing): listing for listing in LISTINGS}
    assert sizes(by_name["identity-list_users"])[:2] == [100, 100]
    assert sizes(by_name["identity-list_users"], MaxResults=100)[:2] == [100, 100]
    assert sizes(by_name["connect-list_users"])[:2] == [100, 100], "the default is a hundred"
    assert sizes(by_name["connect-list_users"], MaxResults=1000) == [1000, 100]
    assert sizes(by_name["connect-search_users"], MaxResults=500) == [500, 500, 100]
    assert sizes(by_name["sso-list_applications"], MaxResults=100) == [50, 10]
