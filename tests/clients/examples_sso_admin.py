"""One example of each operation of SSO Admin."""

from __future__ import annotations

from aws import Aws
from examples import example
from world import (
    ACCOUNT,
    AGENTS,
    APPLICATION,
    DISABLED_APPLICATION,
    GRACE,
    OPEN_APPLICATION,
    SSO_INSTANCE,
    STORE,
    SUPERVISORS,
    TIM,
)


def assigned(aws: Aws, application: str) -> set[tuple[str, str]]:
    listed = aws.sso.list_application_assignments(ApplicationArn=application)["ApplicationAssignments"]
    return {(assignment["PrincipalType"], assignment["PrincipalId"]) for assignment in listed}


@example("sso", "ListInstances")
def list_instances(aws: Aws) -> None:
    (instance,) = aws.sso.list_instances()["Instances"]
    assert instance["InstanceArn"] == SSO_INSTANCE
    assert (instance["IdentityStoreId"], instance["OwnerAccountId"], instance["Status"]) == (STORE, ACCOUNT, "ACTIVE")
    assert aws.elsewhere("sso-admin", "us-east-1").list_instances()["Instances"] == [], "one Region at a time"


@example("sso", "ListApplications")
def list_applications(aws: Aws) -> None:
    listed = aws.sso.list_applications(InstanceArn=SSO_INSTANCE)["Applications"]
    assert {application["ApplicationArn"]: application["Name"] for application in listed} == {
        APPLICATION: "Amazon Connect",
        DISABLED_APPLICATION: "Wiki",
        OPEN_APPLICATION: "Phone book",
    }


@example("sso", "DescribeApplication")
def describe_application(aws: Aws) -> None:
    assert aws.sso.describe_application(ApplicationArn=APPLICATION)["Status"] == "ENABLED"
    assert aws.sso.describe_application(ApplicationArn=DISABLED_APPLICATION)["Status"] == "DISABLED"


@example("sso", "CreateApplicationAssignment")
def create_application_assignment(aws: Aws) -> None:
    group = {"ApplicationArn": APPLICATION, "PrincipalId": AGENTS, "PrincipalType": "GROUP"}
    person = {"ApplicationArn": APPLICATION, "PrincipalId": TIM, "PrincipalType": "USER"}
    aws.sso.create_application_assignment(**group)
    aws.sso.create_application_assignment(**person)
    assert assigned(aws, APPLICATION) == {("GROUP", SUPERVISORS), ("GROUP", AGENTS), ("USER", TIM)}


@example("sso", "DeleteApplicationAssignment")
def delete_application_assignment(aws: Aws) -> None:
    assignment = {"ApplicationArn": APPLICATION, "PrincipalId": SUPERVISORS, "PrincipalType": "GROUP"}
    aws.sso.delete_application_assignment(**assignment)
    assert assigned(aws, APPLICATION) == set()


@example("sso", "ListApplicationAssignments")
def list_application_assignments(aws: Aws) -> None:
    assert assigned(aws, APPLICATION) == {("GROUP", SUPERVISORS)}
    assert assigned(aws, OPEN_APPLICATION) == set()


@example("sso", "DescribeApplicationAssignment")
def describe_application_assignment(aws: Aws) -> None:
    assignment = {"ApplicationArn": APPLICATION, "PrincipalId": SUPERVISORS, "PrincipalType": "GROUP"}
    answer = aws.sso.describe_application_assignment(**assignment)
    assert {name: answer[name] for name in assignment} == assignment


@example("sso", "GetApplicationAssignmentConfiguration")
def get_application_assignment_configuration(aws: Aws) -> None:
    required = {
        application: aws.sso.get_application_assignment_configuration(ApplicationArn=application)["AssignmentRequired"]
        for application in (APPLICATION, OPEN_APPLICATION)
    }
    assert required == {APPLICATION: True, OPEN_APPLICATION: False}


@example("sso", "PutApplicationAssignmentConfiguration")
def put_application_assignment_configuration(aws: Aws) -> None:
    aws.sso.put_application_assignment_configuration(ApplicationArn=APPLICATION, AssignmentRequired=False)
    answer = aws.sso.get_application_assignment_configuration(ApplicationArn=APPLICATION)
    assert answer["AssignmentRequired"] is False


@example("sso", "ListApplicationAssignmentsForPrincipal")
def list_application_assignments_for_principal(aws: Aws) -> None:
    def of(kind: str, principal: str) -> list[str]:
        answer = aws.sso.list_application_assignments_for_principal(
            InstanceArn=SSO_INSTANCE, PrincipalId=principal, PrincipalType=kind
        )
        return [assignment["ApplicationArn"] for assignment in answer["ApplicationAssignments"]]

    assert of("GROUP", SUPERVISORS) == [APPLICATION]
    assert of("USER", GRACE) == [APPLICATION], "a person is assigned through a group too"
    assert of("USER", TIM) == []
