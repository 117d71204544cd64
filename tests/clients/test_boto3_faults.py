"""Proves what boto3 sees of the simulator's rates, clock and faults.

Throttling comes at AWS's documented rates, and only there; signatures are held against a clock that can be set and that
every `Date` header follows; and each kind of fault reaches a client as the failure that it stands for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    PaginationError,
    ReadTimeoutError,
)

from aws import Aws, code_and_status, refusal
from world import (
    ACCOUNT,
    AGENT_PROFILE,
    AGENTS,
    APPLICATION,
    CONNECT_INSTANCE,
    IDENTITY_REGION,
    OPEN_ROLE,
    ROUTING_PROFILE,
    SSO_INSTANCE,
    STORE,
    WORLD,
)

__all__ = ["WORLD"]

STORED = {"IdentityStoreId": STORE}
INSTANCE = {"InstanceId": CONNECT_INSTANCE}
NEW_USER = INSTANCE | {
    "Username": "tim@example.com",
    "IdentityInfo": {"FirstName": "Tim", "LastName": "Berners-Lee"},
    "RoutingProfileId": ROUTING_PROFILE,
    "SecurityProfileIds": [AGENT_PROFILE],
}


def list_people(aws: Aws) -> Any:
    return aws.identity.list_users(**STORED)


def list_connect_users(aws: Aws) -> Any:
    return aws.connect.list_users(**INSTANCE)


def list_applications(aws: Aws) -> Any:
    return aws.sso.list_applications(InstanceArn=SSO_INSTANCE)


def assume_role(aws: Aws) -> Any:
    return aws.sts.assume_role(RoleArn=OPEN_ROLE, RoleSessionName="rollcall")


# One read of each service, with the name that the control plane has for it.
READS: dict[str, tuple[str, Callable[[Aws], Any]]] = {
    "identitystore": ("ListUsers", list_people),
    "sso": ("ListApplications", list_applications),
    "connect": ("ListUsers", list_connect_users),
    "sts": ("AssumeRole", assume_role),
}


def logins(aws: Aws) -> set[str]:
    return {user["Username"] for user in list_connect_users(aws)["UserSummaryList"]}


# --- rates ------------------------------------------------------------------------------------------------------------


def answered(calls: int, call: Callable[[], Any]) -> tuple[int, set[tuple[str, int]], float]:
    """How many of so many calls in a row were answered, how the others were refused, and the seconds that it took."""
    good, refused, start = 0, set(), time.monotonic()
    for _ in range(calls):
        try:
            call()
            good += 1
        except ClientError as error:
            refused.add((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]))
    return good, refused, time.monotonic() - start


def assert_rate(calls: int, call: Callable[[], Any], *, rate: float, burst: int, status: int) -> None:
    good, refused, seconds = answered(calls, call)
    assert burst <= good <= burst + rate * seconds + 1
    assert refused == {("ThrottlingException", status)}


def test_connect_takes_two_a_second_and_five_at_once(aws: Aws) -> None:
    aws.simulator.options(throttle=True)
    assert_rate(12, lambda: list_connect_users(aws), rate=2, burst=5, status=429)
    aws.connect.list_routing_profiles(**INSTANCE)
    time.sleep(1.1)
    good, _, _ = answered(4, lambda: list_connect_users(aws))
    assert good == 2, "two a second come back"


def test_identity_store_takes_twenty_a_second_of_each_operation(aws: Aws) -> None:
    aws.simulator.options(throttle=True)
    assert_rate(60, lambda: list_people(aws), rate=20, burst=20, status=400)
    aws.identity.list_groups(**STORED)


def test_sso_admin_takes_twenty_a_second_of_all_operations_together(aws: Aws) -> None:
    aws.simulator.options(throttle=True)
    calls = [lambda: list_applications(aws), lambda: aws.sso.list_instances()] * 30

    def next_call() -> Any:
        return calls.pop()()

    assert_rate(60, next_call, rate=20, burst=20, status=400)


def test_rates_can_be_raised(aws: Aws) -> None:
    default = {"requests_per_second": 2.0, "burst": 5.0}
    raised = {"requests_per_second": 1000.0, "burst": 50.0}
    aws.simulator.options(throttle=True, rates={"connect": default | {"operations": {"ListUsers": raised}}})
    assert answered(40, lambda: list_connect_users(aws))[0] == 40
    assert answered(12, lambda: aws.connect.list_quick_connects(**INSTANCE))[0] < 12


# --- the clock --------------------------------------------------------------------------------------------------------


def told_date(answer: dict[str, Any]) -> datetime:
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


@pytest.mark.parametrize("service", READS)
def test_date_header_follows_the_clock(aws: Aws, service: str) -> None:
    _, read = READS[service]
    assert abs(told_date(read(aws)) - datetime.now(timezone.utc)) < timedelta(seconds=5)
    with aws.later(days=-3):
        assert abs(told_date(read(aws)) - (datetime.now(timezone.utc) - timedelta(days=3))) < timedelta(seconds=5)


def test_clock_can_be_set_to_a_time_and_runs_on(aws: Aws) -> None:
    aws.simulator.clock(now=(datetime.now(timezone.utc) + timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    first = told_date(list_people(aws))
    time.sleep(1.5)
    assert timedelta(seconds=1) <= told_date(list_people(aws)) - first <= timedelta(seconds=5)


def test_times_in_answers_follow_the_clock(aws: Aws) -> None:
    with aws.later(days=10):
        group = aws.identity.create_group(**STORED, DisplayName="Later")["GroupId"]
        made = aws.identity.describe_group(**STORED, GroupId=group)["CreatedAt"]
    assert abs(made - datetime.now(timezone.utc) - timedelta(days=10)) < timedelta(seconds=30)


SIGNATURE_REFUSALS = {
    "identitystore": ("InvalidSignatureException", 400),
    "sso": ("InvalidSignatureException", 400),
    "connect": ("InvalidSignatureException", 403),
    "sts": ("SignatureDoesNotMatch", 403),
}


@pytest.mark.parametrize("service", READS)
@pytest.mark.parametrize(("minutes", "words"), [(6, "Signature expired"), (-6, "Signature not yet current")])
def test_signature_holds_for_five_minutes(aws: Aws, service: str, minutes: int, words: str) -> None:
    _, read = READS[service]
    aws.simulator.clock(offset_seconds=minutes * 60)
    refused = refusal(lambda: read(aws))
    assert (refused.code, refused.status) == SIGNATURE_REFUSALS[service]
    assert words in refused.message
    aws.simulator.clock(offset_seconds=minutes * 60 * 4 // 6)
    read(aws)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("identitystore", ("MissingAuthenticationTokenException", 400)),
        ("connect", ("MissingAuthenticationTokenException", 403)),
        ("sts", ("MissingAuthenticationToken", 403)),
    ],
)
def test_calls_are_signed(aws: Aws, service: str, expected: tuple[str, int]) -> None:
    unsigned = aws.elsewhere(service, signature_version=UNSIGNED)
    calls: dict[str, Callable[[BaseClient], Any]] = {
        "identitystore": lambda client: client.list_users(**STORED),
        "connect": lambda client: client.list_users(**INSTANCE),
        "sts": lambda client: client.get_caller_identity(),
    }
    assert code_and_status(lambda: calls[service](unsigned)) == expected


# --- faults -----------------------------------------------------------------------------------------------------------


def test_server_error_with_a_status_of_its_own(aws: Aws) -> None:
    aws.simulator.fault("connect", "ListUsers", "server_error", count=1, status=503)
    assert refusal(lambda: list_connect_users(aws)).status == 503


def test_conflict_of_an_assignment(aws: Aws) -> None:
    assignment = {"ApplicationArn": APPLICATION, "PrincipalId": AGENTS, "PrincipalType": "GROUP"}
    aws.simulator.fault("sso", "CreateApplicationAssignment", "conflict", count=1)
    assert code_and_status(aws.sso.create_application_assignment, **assignment) == ("ConflictException", 400)
    missing = code_and_status(aws.sso.describe_application_assignment, **assignment)
    assert missing == ("ResourceNotFoundException", 400), "nothing was done"
    aws.sso.create_application_assignment(**assignment)
    aws.sso.describe_application_assignment(**assignment)


def test_missing_key_looks_like_a_missing_thing_but_for_its_reason(aws: Aws) -> None:
    aws.simulator.fault("identitystore", "DescribeGroup", "kms_missing", count=1)
    refused = refusal(aws.identity.describe_group, **STORED, GroupId=AGENTS)
    assert (refused.code, refused.status) == ("ResourceNotFoundException", 400)
    assert refused.members["Reason"] == "KMS_KEY_NOT_FOUND"


def test_reset_before_anything_is_done(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "reset_before", count=1)
    with pytest.raises(ConnectionClosedError):
        aws.connect.create_user(**NEW_USER)
    assert "tim@example.com" not in logins(aws)


def test_reset_after_all_is_done(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "reset_after", count=1)
    with pytest.raises(ConnectionClosedError):
        aws.connect.create_user(**NEW_USER)
    assert "tim@example.com" in logins(aws)
    assert code_and_status(aws.connect.create_user, **NEW_USER) == ("DuplicateResourceException", 409)


def test_a_retry_after_a_lost_answer_meets_its_own_work(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "reset_after", count=1)
    retrying = aws.elsewhere("connect", retries={"mode": "standard", "total_max_attempts": 3})
    assert code_and_status(retrying.create_user, **NEW_USER) == ("DuplicateResourceException", 409)
    attempts = [entry["attempt"] for entry in aws.simulator.journal() if entry["operation"] == "CreateUser"]
    assert attempts == [1, 2]


def test_slow_answer(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "slow", count=1, delay_ms=1500)
    start = time.monotonic()
    aws.connect.create_user(**NEW_USER)
    assert 1.5 <= time.monotonic() - start < 5


def test_slow_answer_that_nobody_waits_for(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "slow", count=1, delay_ms=3000)
    with pytest.raises(ReadTimeoutError):
        aws.elsewhere("connect", read_timeout=1).create_user(**NEW_USER)
    assert "tim@example.com" in logins(aws), "it was done before the wait"


def test_no_answer(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "hang", count=1)
    with pytest.raises(ReadTimeoutError):
        aws.elsewhere("connect", read_timeout=1).create_user(**NEW_USER)
    assert "tim@example.com" not in logins(aws)


@dataclass
class Bodies:
    """The raw answers of a client, with the lengths that their headers promised."""

    seen: list[tuple[bytes, int]]

    @staticmethod
    def of(client: BaseClient) -> Bodies:
        bodies = Bodies([])

        def note(http_response: Any, **_: Any) -> None:
            bodies.seen.append((http_response.content, int(http_response.headers["content-length"])))

        client.meta.events.register("after-call", note)
        return bodies


@pytest.mark.parametrize("service", ["identitystore", "sso", "connect"])
@pytest.mark.parametrize("kind", ["half_body", "html", "empty_object"])
def test_body_that_is_no_answer(aws: Aws, kind: str, service: str) -> None:
    """boto3 itself notices nothing: half a body, HTML and `{}` all read as an answer without members."""
    operation, read = READS[service]
    unchecked = Aws.of(aws.simulator, checked=False)
    client = {"identitystore": unchecked.identity, "sso": unchecked.sso, "connect": unchecked.connect}[service]
    bodies = Bodies.of(client)
    aws.simulator.fault(service, operation, kind, count=1)
    answer = read(unchecked)
    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    ((content, promised),) = bodies.seen
    if kind == "half_body":
        assert content.startswith(b'{"')
        assert 0 < len(content) < promised
    else:
        assert content.startswith(b"<html" if kind == "html" else b"{}")
    assert set(read(aws)) > {"ResponseMetadata"}, "the next answer is whole"


def test_half_a_body_comes_after_all_is_done(aws: Aws) -> None:
    aws.simulator.fault("connect", "CreateUser", "half_body", count=1)
    Aws.of(aws.simulator, checked=False).connect.create_user(**NEW_USER)
    assert "tim@example.com" in logins(aws)


@pytest.mark.parametrize("service", ["identitystore", "sso", "connect"])
def test_token_that_comes_again_and_again(aws: Aws, service: str) -> None:
    operation, _ = READS[service]
    client, name, params = {
        "identitystore": (aws.identity, "list_users", STORED),
        "sso": (aws.sso, "list_applications", {"InstanceArn": SSO_INSTANCE}),
        "connect": (aws.connect, "list_users", INSTANCE),
    }[service]
    aws.simulator.fault(service, operation, "repeat_token")
    with pytest.raises(PaginationError, match="same next token"):
        list(client.get_paginator(name).paginate(**params))


def test_missing_key_of_identity_center(aws: Aws) -> None:
    aws.simulator.fault("sso", "*", "kms_missing", count=1)
    list_applications(aws)
    refused = refusal(aws.sso.describe_application, ApplicationArn=APPLICATION)
    assert (refused.code, refused.status) == ("ResourceNotFoundException", 400)
    assert refused.members["Reason"] == "KMS_NotFoundException"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (("connect", "ListUsers", "kms_missing"), "no encryption key"),
        (("sso", "ListApplications", "kms_missing"), "cannot tell of it"),
        (("connect", "ListUser", "throttle"), "no operation `ListUser`"),
        (("connect", "CreateUser", "empty_list"), "no pages"),
    ],
)
def test_fault_that_cannot_be_is_refused(aws: Aws, fault: tuple[str, str, str], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        aws.simulator.fault(*fault)
    with pytest.raises(AssertionError, match="between 0 and 1"):
        aws.simulator.fault("connect", "ListUsers", "throttle", probability=2)


@pytest.mark.parametrize(("kind", "left"), [("lost_token", 2), ("empty_list", 0)])
def test_listing_that_ends_early_and_looks_whole(aws: Aws, kind: str, left: int) -> None:
    everybody = logins(aws)
    assert len(everybody) > 2
    aws.simulator.options(page_size=2)
    aws.simulator.fault("connect", "ListUsers", kind, count=1)
    pages = aws.connect.get_paginator("list_users").paginate(**INSTANCE)
    assert sum(len(page["UserSummaryList"]) for page in pages) == left
    whole = aws.connect.get_paginator("list_users").paginate(**INSTANCE)
    assert {user["Username"] for page in whole for user in page["UserSummaryList"]} == everybody


def test_chance_strikes_the_same_calls_in_whatever_order(aws: Aws) -> None:
    people = [person["UserId"] for person in list_people(aws)["Users"]]

    def struck(seed: int, order: list[str]) -> set[tuple[str, int]]:
        aws.simulator.clear_faults()
        aws.simulator.fault("identitystore", "*", "throttle", probability=0.4, seed=seed)
        found = set()
        for turn in range(6):
            for person in order:
                try:
                    aws.identity.describe_user(**STORED, UserId=person)
                except ClientError:
                    found.add((person, turn))
        return found

    first = struck(1, people)
    assert 0 < len(first) < 6 * len(people)
    assert struck(1, people[::-1]) == first
    assert struck(2, people) != first


def test_journal_names_the_fault(aws: Aws) -> None:
    aws.simulator.fault("connect", "ListUsers", "server_error", skip=1, count=1)
    list_connect_users(aws)
    refusal(lambda: list_connect_users(aws))
    assert [entry["fault"] for entry in aws.simulator.journal()] == [None, "server_error"]


def test_fault_lets_calls_pass_and_ends(aws: Aws) -> None:
    aws.simulator.fault("connect", "ListUsers", "throttle", skip=2, count=2)
    codes = []
    for _ in range(6):
        try:
            list_connect_users(aws)
            codes.append("")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert codes == ["", "", "ThrottlingException", "ThrottlingException", "", ""]


def test_fault_of_every_operation_lasts_until_it_is_cleared(aws: Aws) -> None:
    aws.simulator.fault("connect", "*", "access_denied")
    for call in (aws.connect.list_users, aws.connect.describe_instance, aws.connect.search_users):
        assert code_and_status(call, **INSTANCE) == ("AccessDeniedException", 403)
    list_people(aws)
    aws.simulator.clear_faults()
    list_connect_users(aws)


# --- the journal ------------------------------------------------------------------------------------------------------


def test_journal_tells_what_was_asked(aws: Aws) -> None:
    list_people(aws)
    aws.connect.create_user(**NEW_USER)
    refusal(aws.connect.create_user, **NEW_USER)
    told = [
        {name: entry[name] for name in ("service", "operation", "status", "code", "region", "write")}
        for entry in aws.simulator.journal()
    ]
    create = {"service": "connect", "operation": "CreateUser", "region": "eu-west-2", "write": True}
    assert told == [
        {
            "service": "identitystore",
            "operation": "ListUsers",
            "status": 200,
            "code": None,
            "region": IDENTITY_REGION,
            "write": False,
        },
        create | {"status": 200, "code": None},
        create | {"status": 409, "code": "DuplicateResourceException"},
    ]


def test_health(aws: Aws) -> None:
    assert aws.simulator.control("GET", "health")["status"] == "ok"
    assert aws.simulator.world()["identity_center"]["account"] == ACCOUNT
