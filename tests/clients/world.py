"""The names and ids of `world.toml`, which the suites start from."""

from __future__ import annotations

from pathlib import Path

WORLD = Path(__file__).with_name("world.toml")

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
IDENTITY_REGION = "eu-west-1"
CONNECT_REGION = "eu-west-2"
EMPTY_REGION = "us-east-1"

STORE = "d-9067f0a1b2"
SSO_INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"


def application(number: int) -> str:
    return f"arn:aws:sso::{ACCOUNT}:application/ssoins-1234567890abcdef/apl-{number:016d}"


# `Amazon Connect`: enabled, assignment required, assigned to the supervisors. `Wiki`: disabled.
# `Phone book`: open to all.
APPLICATION, DISABLED_APPLICATION, OPEN_APPLICATION = (application(n) for n in (1, 2, 3))

GROUPS = {
    name: f"1111111111-11111111-aaaa-4aaa-8aaa-{n:012d}" for n, name in enumerate(("Agents", "Supervisors", "Empty"), 1)
}
AGENTS, SUPERVISORS, EMPTY = GROUPS.values()
# All in `Agents` but `tim`, who is in no group. `zoe` is disabled; `grace` also a supervisor.
PEOPLE = {
    name: f"2222222222-22222222-bbbb-4bbb-8bbb-{n:012d}"
    for n, name in enumerate(("ada", "grace", "linus", "zoe", "tim"), 1)
}
ADA, GRACE, LINUS, ZOE, TIM = PEOPLE.values()
NOBODY = "00000000-0000-4000-8000-00000000dead"

CONNECT_INSTANCE = "aaaaaaaa-1111-4222-8333-000000000001"  # SAML
MANAGED_INSTANCE = "aaaaaaaa-1111-4222-8333-000000000002"  # Connect keeps the passwords itself
FOREIGN_INSTANCE = "aaaaaaaa-1111-4222-8333-000000000003"  # SAML, in the other account


def connect_user(number: int) -> str:
    return f"cccccccc-1111-4222-8333-{number:012d}"


# ada@example.com (tagged, owned), grace@example.com (tagged, in EMEA/London), desk@example.com (a desk phone, no tags).
CONNECT_ADA, CONNECT_GRACE, CONNECT_DESK = (connect_user(n) for n in (1, 2, 3))
ROUTING_PROFILE, OTHER_ROUTING_PROFILE, THIRD_ROUTING_PROFILE = (f"dddddddd-1111-4222-8333-{n:012d}" for n in (1, 2, 3))
SECURITY_PROFILES = [f"eeeeeeee-1111-4222-8333-{n:012d}" for n in range(1, 12)]  # Admin, Agent, and nine more
ADMIN_PROFILE, AGENT_PROFILE = SECURITY_PROFILES[:2]
# A world gives hierarchy groups no ids: the simulator derives them, the same each time.
EMEA = "b7e4ebae-cafc-4ae4-943c-890fadf0a315"
LONDON = "3755ae73-1ab5-4a1b-823f-f08a99ca4306"
PARIS = "f1e02520-0a58-4c3a-8e2a-9851accea63a"
# To ada's account; to a phone number; to a queue.
QUICK_CONNECTS = [f"99999999-1111-4222-8333-{n:012d}" for n in (1, 2, 3)]
QUICK_CONNECT = QUICK_CONNECTS[0]

ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/rollcall"  # asks for the external id
EXTERNAL_ID = "a-shared-secret"
OPEN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


def user_arn(user: str, instance: str = CONNECT_INSTANCE) -> str:
    return f"arn:aws:connect:{CONNECT_REGION}:{ACCOUNT}:instance/{instance}/agent/{user}"
