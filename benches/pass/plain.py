"""The same job as a plain script does it: describe each member, describe each user, and compare.

This is how samples and one-off scripts go about it. It changes nothing, as long as nothing has to be changed.
"""

import boto3
from botocore.config import Config

STORE = "d-9067f0a1b2"
INSTANCE = "11111111-1111-4111-8111-111111111111"

settings = Config(retries={"mode": "standard"})
directory = boto3.client("identitystore", region_name="eu-west-1", config=settings)
connect = boto3.client("connect", region_name="eu-west-2", config=settings)


def pages(client, operation, member, **parameters):
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[member]


def emails_of_members():
    alternate = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "Agents"}}
    group = directory.get_group_id(IdentityStoreId=STORE, AlternateIdentifier=alternate)["GroupId"]
    for membership in pages(
        directory, "list_group_memberships", "GroupMemberships", IdentityStoreId=STORE, GroupId=group
    ):
        person = directory.describe_user(IdentityStoreId=STORE, UserId=membership["MemberId"]["UserId"])
        yield person["Emails"][0]["Value"]


def logins_of_users():
    for summary in pages(connect, "list_users", "UserSummaryList", InstanceId=INSTANCE):
        yield connect.describe_user(InstanceId=INSTANCE, UserId=summary["Id"])["User"]["Username"]


wanted = set(emails_of_members())
there = set(logins_of_users())
for login in sorted(wanted - there):
    raise SystemExit(f"{login} is missing, and this was to be a world in which nothing is")
print(f"{len(wanted)} members, {len(there)} users")
