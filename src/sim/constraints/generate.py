#!/usr/bin/env python3
"""Writes `models.json` beside this file: what AWS's published service models say of the requests that the simulator
answers. Needs botocore 1.44 or newer:

    python3 -m venv venv && venv/bin/pip install botocore && venv/bin/python src/sim/constraints/generate.py

Kept of each model: the operations listed below with the errors that they declare, and of every shape that their
inputs reach the type, the required members, length, range, pattern and enumeration. Outputs, documentation and
endpoints are left out.
"""

import json
from pathlib import Path

from botocore.loaders import Loader

OPERATIONS = {
    "identitystore": """
        CreateGroup CreateGroupMembership CreateUser DeleteGroup DeleteGroupMembership DeleteUser DescribeGroup
        DescribeGroupMembership DescribeUser GetGroupId GetGroupMembershipId GetUserId IsMemberInGroups
        ListGroupMemberships ListGroupMembershipsForMember ListGroups ListUsers UpdateGroup UpdateUser""",
    "sso-admin": """
        CreateApplicationAssignment DeleteApplicationAssignment DescribeApplication DescribeApplicationAssignment
        GetApplicationAssignmentConfiguration ListApplicationAssignments ListApplicationAssignmentsForPrincipal
        ListApplications ListInstances PutApplicationAssignmentConfiguration""",
    "connect": """
        CreateUser DeleteUser DescribeInstance DescribeQuickConnect DescribeUser DescribeUserHierarchyGroup
        DescribeUserHierarchyStructure ListQuickConnects ListRoutingProfiles ListSecurityProfiles ListTagsForResource
        ListUserHierarchyGroups ListUsers SearchUsers TagResource UntagResource UpdateUserConfig UpdateUserHierarchy
        UpdateUserIdentityInfo UpdateUserPhoneConfig UpdateUserRoutingProfile UpdateUserSecurityProfiles""",
    "sts": "AssumeRole GetCallerIdentity",
}

# The name that a service goes by in a credential scope, which is what the simulator calls it.
SIGNING_NAME = {"sso-admin": "sso"}

# Where a model cannot be taken at its word: the pattern is escaped twice, carries the slashes of another language, or
# stands in the documentation only.
PHONE_NUMBER = r"\+[1-9][0-9]{1,14}"
OVERRIDES = {
    ("connect", "PhoneNumber"): {"pattern": PHONE_NUMBER},
    ("connect", "SensitivePhoneNumber"): {"pattern": PHONE_NUMBER},
    ("connect", "Password"): {"pattern": r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[a-zA-Z0-9\S]{8,64}"},
    ("connect", "Email"): {"pattern": r"(?=^.{0,265}$)[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}"},
    ("connect", "AfterContactWorkTimeLimit"): {"max": 2_000_000},
}


def ascii_classes(pattern):
    """The services match `\\d` and `\\w` in ASCII; the simulator's engine would match them in all of Unicode."""
    out, in_class, i = "", False, 0
    while i < len(pattern):
        pair = pattern[i : i + 2]
        if pair in (r"\d", r"\w"):
            members = "0-9" if pair == r"\d" else "a-zA-Z0-9_"
            out += members if in_class else f"[{members}]"
            i += 2
        elif pair.startswith("\\"):
            out += pair
            i += 2
        else:
            in_class = (in_class or pattern[i] == "[") and pattern[i] != "]"
            out += pattern[i]
            i += 1
    return out


def compact(service, name, shape):
    out = {"type": "document" if shape.get("document") else shape["type"]}
    for key in ("min", "max", "enum", "union"):
        if key in shape:
            out[key] = shape[key]
    if "pattern" in shape:
        out["pattern"] = ascii_classes(shape["pattern"])
    if out["type"] == "structure":
        out["members"] = {}
        for member, target in shape.get("members", {}).items():
            entry = {"shape": target["shape"]}
            if "location" in target:
                entry["in"] = {"uri": "path", "querystring": "query"}[target["location"]]
                entry["as"] = target["locationName"]
            out["members"][member] = entry
        if shape.get("required"):
            out["required"] = shape["required"]
    if out["type"] == "list":
        out["item"] = shape["member"]["shape"]
    if out["type"] == "map":
        out["key"], out["value"] = shape["key"]["shape"], shape["value"]["shape"]
    out.update(OVERRIDES.get((service, name), {}))
    return out


def service(loader, name):
    model = loader.load_service_model(name, "service-2")
    operations, shapes, queue = {}, {}, []
    for operation in OPERATIONS[name].split():
        definition = model["operations"][operation]
        uri = definition["http"]["requestUri"]
        operations[operation] = {"method": definition["http"]["method"], "uri": uri}
        if definition.get("errors"):
            operations[operation]["errors"] = sorted(error["shape"] for error in definition["errors"])
        if "input" in definition:
            operations[operation]["input"] = definition["input"]["shape"]
            queue.append(definition["input"]["shape"])
    while queue:
        shape = queue.pop()
        if shape in shapes:
            continue
        shapes[shape] = compact(name, shape, model["shapes"][shape])
        entry = shapes[shape]
        queue += [member["shape"] for member in entry.get("members", {}).values()]
        queue += [entry[key] for key in ("item", "key", "value") if key in entry]
    return {"operations": operations, "shapes": shapes}


def main():
    loader = Loader()
    models = {SIGNING_NAME.get(name, name): service(loader, name) for name in OPERATIONS}
    lines = []
    for name in sorted(models):
        parts = []
        for part in ("operations", "shapes"):
            rows = ",\n".join(
                f"      {json.dumps(key)}: {json.dumps(models[name][part][key], sort_keys=True, ensure_ascii=True)}"
                for key in sorted(models[name][part])
            )
            parts.append(f'    "{part}": {{\n{rows}\n    }}')
        lines.append(f'  "{name}": {{\n' + ",\n".join(parts) + "\n  }")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    json.loads(text)
    Path(__file__).with_name("models.json").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
