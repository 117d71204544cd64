"""The templates: by cfn-lint, against the policies that are tested elsewhere, and against a real line of the log."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from templates import read, render

# The policies, by the mode that grants as much.
POLICIES = {"sync": "iam/sync.json", "plan": "iam/plan.json"}

INSTANCE = "arn:aws:connect:eu-west-2:444455556666:instance/aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
TRUST = {"TrustedPrincipalArn": "arn:aws:iam::777788889999:role/rollcall", "ExternalId": "rollcall-5d41"}
IDENTITY_CENTER = {
    "IdentityStoreId": "d-1234567890",
    "ApplicationArns": "arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef",
}
CONNECT = {
    "InstanceArn": INSTANCE,
    "SecurityProfileArns": f"{INSTANCE}/security-profile/1,{INSTANCE}/security-profile/2",
    "ReturnedSecurityProfileArns": f"{INSTANCE}/security-profile/3",
    "AllowDeletes": "yes",
}
SERVICE = {
    "Image": "registry.example/rollcall:0.1.0",
    "ConfigurationSecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rollcall-config-a1b2c3",
    "AssumedRoleArns": "arn:aws:iam::111122223333:role/rollcall-identity-center",
    "Vpc": "vpc-1",
    "Subnets": ["subnet-1", "subnet-2"],
    "Targets": "support-eu,support-us",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms",
}
READING = re.compile(r"\w+:(Describe|Get|List|Search|IsMemberIn)\w+")


@pytest.fixture(scope="module")
def folder(deploy: Path) -> Path:
    return deploy / "cloudformation"


@pytest.fixture(scope="module")
def service(folder: Path) -> dict[str, Any]:
    return render(read(folder / "service.yaml"), **SERVICE)


def properties(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == f"AWS::{kind}"]


def roles(folder: Path, mode: str) -> dict[str, dict[str, Any]]:
    """The resources of both cross-account roles."""
    return {
        name: render(read(folder / name), Mode=mode, **TRUST, **values)
        for name, values in [("identity-center-role.yaml", IDENTITY_CENTER), ("connect-role.yaml", CONNECT)]
    }


def connect(folder: Path) -> dict[str, Any]:
    return render(
        read(folder / "connect-role.yaml"), Mode="sync", Owner="us", TagKeys="rollcall:*,team", **TRUST, **CONNECT
    )


def statements(resources: dict[str, Any]) -> list[dict[str, Any]]:
    inline = [policy for role in properties(resources, "IAM::Role") for policy in role["Policies"]]
    return [
        statement
        for policy in inline + properties(resources, "IAM::RolePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def granted(of: list[dict[str, Any]]) -> set[str]:
    assert all(statement["Effect"] == "Allow" for statement in of)
    return {action for statement in of for action in listed(statement["Action"])}


@pytest.mark.parametrize("name", ["service", "identity-center-role", "connect-role"])
def test_cfn_lint_finds_nothing(judge, folder: Path, name: str) -> None:
    assert judge("cfn-lint", "--include-checks", "I", "--", folder / f"{name}.yaml") == ""


@pytest.mark.parametrize("mode", POLICIES)
def test_both_roles_grant_what_the_policy_grants(deploy: Path, folder: Path, mode: str) -> None:
    policy = json.loads((deploy / POLICIES[mode]).read_text())["Statement"]
    both = [statement for resources in roles(folder, mode).values() for statement in statements(resources)]
    assert granted(both) == granted(policy)


def test_the_mode_plan_only_reads(folder: Path) -> None:
    for resources in roles(folder, "plan").values():
        actions = granted(statements(resources))
        assert actions
        assert not [action for action in actions if not READING.fullmatch(action)]


def test_a_key_can_be_decrypted_where_there_is_one(folder: Path) -> None:
    template = read(folder / "identity-center-role.yaml")
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    found = statements(render(template, KmsKeyArn=key, **TRUST, **IDENTITY_CENTER))
    assert [one["Resource"] for one in found if one["Action"] == "kms:Decrypt"] == [key]


def test_each_account_gets_its_own_services_only(folder: Path) -> None:
    services = {
        name: {action.split(":")[0] for action in granted(statements(resources))}
        for name, resources in roles(folder, "sync").items()
    }
    assert services == {"identity-center-role.yaml": {"identitystore", "sso"}, "connect-role.yaml": {"connect"}}


def test_users_are_fenced_by_the_owner(folder: Path) -> None:
    """Whatever changes a user asks for the owner's tag, and every tag that is written for a known key."""
    writes = [one for one in statements(connect(folder)) if not READING.fullmatch(listed(one["Action"])[0])]
    on_users = [one for one in writes if f"{INSTANCE}/agent/*" in listed(one["Resource"])]
    assert granted(on_users) == granted(writes)
    for one in on_users:
        creates = "connect:CreateUser" in listed(one["Action"])
        tag = f"aws:{'Request' if creates else 'Resource'}Tag/rollcall:owner"
        assert one["Condition"]["StringEquals"] == {tag: "us"}, one["Sid"]
        if granted([one]) & {"connect:TagResource", "connect:UntagResource"}:
            assert one["Condition"]["ForAllValues:StringLike"] == {"aws:TagKeys": ["rollcall:*", "team"]}, one["Sid"]


def test_nothing_is_granted_on_every_security_profile(folder: Path) -> None:
    for one in statements(connect(folder)):
        assert not [arn for arn in listed(one["Resource"]) if re.search(r"security-profile/\*|instance/\*|^\*$", arn)]


def test_users_are_deleted_only_where_that_was_said(folder: Path) -> None:
    values = {**TRUST, **CONNECT, "AllowDeletes": "no"}
    actions = granted(statements(render(read(folder / "connect-role.yaml"), Mode="sync", **values)))
    assert not [action for action in actions if "Delete" in action or "QuickConnect" in action]


@pytest.mark.parametrize("name", ["identity-center-role.yaml", "connect-role.yaml"])
def test_one_principal_is_trusted_and_has_to_know_the_word(folder: Path, name: str) -> None:
    (role,) = properties(roles(folder, "sync")[name], "IAM::Role")
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": TRUST["TrustedPrincipalArn"]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": TRUST["ExternalId"]}},
        }
    ]


def test_one_task_at_a_time(service: dict[str, Any]) -> None:
    (about,) = properties(service, "ECS::Service")
    assert about["DesiredCount"] == 1
    assert about["DeploymentConfiguration"]["MinimumHealthyPercent"] == 0
    assert about["DeploymentConfiguration"]["MaximumPercent"] == 100
    assert about["AvailabilityZoneRebalancing"] == "DISABLED"


def test_the_configuration_is_written_before_the_program_starts(service: dict[str, Any]) -> None:
    (task,) = properties(service, "ECS::TaskDefinition")
    writer, program = task["ContainerDefinitions"]
    assert program["DependsOn"] == [{"ContainerName": writer["Name"], "Condition": "SUCCESS"}]
    assert writer["Essential"] is False
    assert program["Essential"] is True
    assert [mount["ContainerPath"] for mount in writer["MountPoints"] + program["MountPoints"]] == ["/etc/rollcall"] * 2
    assert all(container["ReadonlyRootFilesystem"] for container in (writer, program))


def test_the_writer_writes_what_it_was_given(service: dict[str, Any], tmp_path: Path) -> None:
    """Quotes, dollars and percent signs included: the command is run, with another path."""
    (task,) = properties(service, "ECS::TaskDefinition")
    writer = task["ContainerDefinitions"][0]
    (command,) = writer["Command"]
    assert writer["EntryPoint"] == ["/bin/sh", "-ec"]
    assert writer["Secrets"] == [{"Name": "CONFIGURATION", "ValueFrom": SERVICE["ConfigurationSecretArn"]}]
    text = '# \'100%\' of "$HOME" `id` \\n ${X}\nowner = "rollcall"\n'
    file = tmp_path / "rollcall.toml"
    moved = command.replace("/etc/rollcall/rollcall.toml", str(file))
    subprocess.run([*writer["EntryPoint"], moved], env={"CONFIGURATION": text}, check=True, timeout=10)
    assert file.read_text() == text


def test_no_container_of_ours_needs_a_shell_or_holds_a_secret(service: dict[str, Any]) -> None:
    (task,) = properties(service, "ECS::TaskDefinition")
    program = task["ContainerDefinitions"][1]
    assert program["Command"] == ["run"]
    assert "EntryPoint" not in program
    assert program["HealthCheck"]["Command"] == ["CMD", "/usr/local/bin/rollcall", "status"]
    assert program["Secrets"] == [{"Name": "ROLLCALL_HTTP_TOKEN", "ValueFrom": "Token"}]
    assert not [container for container in task["ContainerDefinitions"] if "Environment" in container]


def test_the_task_may_only_take_on_the_roles(service: dict[str, Any]) -> None:
    (policy,) = service["TaskRole"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [SERVICE["AssumedRoleArns"]]}
    ]


def test_each_target_has_an_alarm_that_silence_rings(service: dict[str, Any]) -> None:
    (metric,) = properties(service, "Logs::MetricFilter")
    (counted,) = metric["MetricTransformations"]
    alarms = properties(service, "CloudWatch::Alarm")
    assert [alarm["Dimensions"][0]["Value"] for alarm in alarms] == ["support-eu", "support-us"]
    assert {"NoPassOfsupporteu", "NoPassOfsupportus"} <= service.keys()
    for alarm in alarms:
        assert (alarm["Namespace"], alarm["MetricName"]) == (counted["MetricNamespace"], counted["MetricName"])
        assert alarm["Dimensions"][0]["Name"] == counted["Dimensions"][0]["Key"] == "target"
        assert alarm["TreatMissingData"] == "breaching"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert alarm["AlarmActions"] == [SERVICE["AlarmTopicArn"]]
        # CloudWatch refuses to look back more than a day.
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86_400


@pytest.fixture(scope="module")
def simulator(rollcall: Path) -> Iterator[str]:
    """The address of `rollcall sim`."""
    command = [str(rollcall), "sim", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=10)


def pass_lines(rollcall: Path, repository: Path, endpoint: str) -> list[dict[str, Any]]:
    """What a pass of the demo's configuration logs with `event=pass`."""
    env = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    command = [str(rollcall), "sync", "--config", str(repository / "config" / "demo.toml")]
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == "pass"]


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """CloudWatch's pattern for JSON, as far as ours goes: comparisons of words, joined by &&."""
    inner = re.fullmatch(r"\{ (.+) \}", pattern)
    assert inner, pattern
    terms = [re.fullmatch(r'\(\$\.(\w+) (=|!=) "(\w+)"\)', term) for term in inner[1].split(" && ")]
    assert all(terms), pattern
    return all((line.get(term[1]) == term[3]) == (term[2] == "=") for term in terms if term)


def test_the_filter_counts_the_line_that_ends_a_pass(
    service: dict[str, Any], rollcall: Path, repository: Path, simulator: str
) -> None:
    (metric,) = properties(service, "Logs::MetricFilter")
    (line,) = pass_lines(rollcall, repository, simulator)
    assert line["verdict"] == "converged"
    assert matches(metric["FilterPattern"], line)
    (dimension,) = metric["MetricTransformations"][0]["Dimensions"]
    assert line[dimension["Value"].removeprefix("$.")] == "connect-workshop"


def test_the_filter_does_not_count_a_pass_that_failed(
    service: dict[str, Any], rollcall: Path, repository: Path
) -> None:
    (metric,) = properties(service, "Logs::MetricFilter")
    (line,) = pass_lines(rollcall, repository, "http://127.0.0.1:9")
    assert line["verdict"] == "failed"
    assert not matches(metric["FilterPattern"], line)
