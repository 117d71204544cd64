"""The manifests, rendered by kubectl's kustomize and held against the schemas of Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import word_of

Manifests = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def rendered(judge, deploy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("rendered") / "all.yaml"
    file.write_text(judge("kubectl", "kustomize", deploy / "kubernetes"))
    return file


@pytest.fixture(scope="module")
def manifests(rendered: Path) -> Manifests:
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all(rendered.read_text())}


@pytest.fixture(scope="module")
def pod(manifests: Manifests) -> dict[str, Any]:
    return manifests["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["containers"]
    return container


def test_kubernetes_knows_every_field(judge, rendered: Path, manifests: Manifests) -> None:
    said = judge("kubernetes-validate", "--strict", rendered)
    passed = re.findall(r"passed for resource (\w+)/", said)
    # The schema of ServiceMonitor is the Prometheus operator's.
    assert sorted(passed) == sorted(kind.lower() for kind in manifests if kind != "ServiceMonitor"), said


def test_a_field_that_kubernetes_does_not_know_would_show(judge, rendered: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(rendered.read_text().replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:"))
    with pytest.raises(AssertionError, match="readOnlyRootFileSystem"):
        judge("kubernetes-validate", "--strict", wrong)


def test_nothing_is_there_that_should_not_be(manifests: Manifests) -> None:
    """No Namespace, no PodDisruptionBudget, and no Secret: tokens come from elsewhere."""
    kinds = ["ConfigMap", "Deployment", "NetworkPolicy", "Service", "ServiceAccount", "ServiceMonitor"]
    assert sorted(manifests) == kinds


def test_one_pod_at_a_time(manifests: Manifests) -> None:
    spec = manifests["Deployment"]["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


def test_the_pod_can_do_little(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"].keys() == {"memory"}
    # No shell: what runs is the image's own entry point.
    assert "command" not in container
    assert container["args"] == ["run"]


def test_the_image_is_the_packages_version(version: str, container: dict[str, Any]) -> None:
    assert container["image"] == f"rollcall:{version}"


def test_probes_ask_the_right_questions(container: dict[str, Any]) -> None:
    paths = {name: probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")}
    assert paths == {
        "startupProbe": {"path": "/livez", "port": "http"},
        "livenessProbe": {"path": "/livez", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }


def test_files_are_where_the_configuration_says(
    judge, rollcall: Path, deploy: Path, pod: dict, container: dict
) -> None:
    file = deploy / "kubernetes" / "rollcall.toml"
    judge(rollcall, "check", "--offline", "--config", file)
    (port,) = container["ports"]
    assert word_of("listen", file) == f"0.0.0.0:{port['containerPort']}"
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert word_of("token_file", file) == f"{mounts['token']['mountPath']}/token"
    assert mounts["config"]["mountPath"] == "/etc/rollcall"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["token"]["secret"]["secretName"] == "rollcall-token"
    # By its hash a new configuration rolls out.
    assert re.fullmatch(r"rollcall-[a-z0-9]{10}", volumes["config"]["configMap"]["name"])


def test_all_parts_mean_the_same_pod(manifests: Manifests) -> None:
    template = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == template
    assert manifests["Service"]["spec"]["selector"] == template
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == template
    monitor = manifests["ServiceMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"] == manifests["Service"]["metadata"]["labels"]
    assert [end["port"] for end in monitor["endpoints"]] == [
        port["name"] for port in manifests["Service"]["spec"]["ports"]
    ]


def test_the_network_is_closed_but_for_what_is_needed(manifests: Manifests) -> None:
    policy = manifests["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (incoming,) = policy["ingress"]
    assert [source.keys() for source in incoming["from"]] == [{"namespaceSelector"}]
    ports = [(port["protocol"], port["port"]) for rule in policy["egress"] for port in rule["ports"]]
    assert ports == [("UDP", 53), ("TCP", 53), ("TCP", 443), ("TCP", 80)]
    # Port 80 is the Pod Identity agent's, and not that of the node's metadata.
    agent = [to["ipBlock"]["cidr"] for to in policy["egress"][2]["to"]]
    assert agent == ["169.254.170.23/32", "fd00:ec2::23/128"]


def test_the_overlay_of_the_manual_works(judge, deploy: Path, tmp_path: Path) -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```$", (deploy / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (overlay,) = [example for example in examples if "kind: Kustomization" in example]
    (tmp_path / "rollcall").symlink_to(deploy.parent)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kustomization.yaml").write_text(overlay)
    (mine / "rollcall.toml").write_text("# mine\n")
    made = {manifest["kind"]: manifest for manifest in yaml.safe_load_all(judge("kubectl", "kustomize", mine))}
    assert made["ConfigMap"]["data"] == {"rollcall.toml": "# mine\n"}
    pod = made["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example/rollcall:0.1.0"
    assert pod["volumes"][0]["configMap"]["name"] == made["ConfigMap"]["metadata"]["name"]
    assert {manifest["metadata"]["namespace"] for manifest in made.values()} == {"rollcall"}
