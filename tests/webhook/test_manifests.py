"""Manifests: YAML documents, workloads, lists; what is printed of them, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.cli import command
from moto_eks_podid.webhook.manifests import Document, MalformedManifest, mutated, read_documents

IDENTITIES = {"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}
ROLE = "arn:aws:iam::111122223333:role/till"

Mutate = Callable[..., str]


@pytest.fixture
def mutate(tmp_path: Path) -> Mutate:
    """Run `mutate` on a manifest and return what it printed; or its error, if it has to fail."""
    identities = tmp_path / "identities.json"
    identities.write_text(json.dumps(IDENTITIES))
    manifest = tmp_path / "manifest.yaml"

    def run(text: str | bytes, *options: str, fails: bool = False) -> str:
        manifest.write_bytes(text if isinstance(text, bytes) else text.encode())
        arguments = ["mutate", "-f", str(manifest), "--identities", str(identities), *options]
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == int(fails), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        if not fails:
            return result.stdout_bytes.decode()
        assert result.stdout == ""
        return result.stderr.replace(str(manifest), "manifest.yaml")

    return run


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop}
spec:
  serviceAccountName: cart
  containers: [{name: app}]
"""
TEMPLATE = "{spec: {serviceAccountName: cart, containers: [{name: app}]}}"
WORKLOADS = {
    "Deployment": ("apps/v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "StatefulSet": ("apps/v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "DaemonSet": ("apps/v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "ReplicaSet": ("apps/v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "ReplicationController": ("v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "Job": ("batch/v1", f"{{template: {TEMPLATE}}}", ("spec", "template")),
    "CronJob": (
        "batch/v1",
        f"{{jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}",
        ("spec", "jobTemplate", "spec", "template"),
    ),
}


def is_mutated(pod: Any) -> bool:
    names = [volume["name"] for volume in pod["spec"].get("volumes", [])]
    labels = (pod.get("metadata") or {}).get("labels", {})
    assert ("eks-pod-identity-token" in names) == ("eks.amazonaws.com/pod-identity" in labels)
    return "eks-pod-identity-token" in names


@pytest.mark.parametrize("kind", WORKLOADS)
def test_template_is_left_alone(mutate: Mutate, kind: str) -> None:
    """The template of pods of each workload is mutated, in the workload's namespace."""
    version, spec, path = WORKLOADS[kind]
    for namespace, expected in (("shop", True), ("till", False)):
        text = f"""
apiVersion: {version}
kind: {kind}
metadata: {{name: cart, namespace: {namespace}}}
spec: {spec}
"""
        pod = yaml.safe_load(mutate(text))
        for name in path:
            pod = pod[name]
        assert is_mutated(pod) is expected


OTHERS = """\
# A comment, and a style of its own.
apiVersion: v1
kind:   ConfigMap
metadata: {name: times}   # of the shop
data:
  opens: 07:30
  since: 2020-01-01
  text: |
    --- not a separator
     ---
---
# nothing
--- {apiVersion: batch.volcano.sh/v1alpha1, kind: Job, spec: {tasks: [{template: {}}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: till, namespace: till}
spec: {containers: [{name: app, env: [{name: A, value: "1e3"}]}]}
...
"""


def test_other_documents_change(mutate: Mutate) -> None:
    """What is not mutated is printed as it was written, to the byte."""
    assert mutate(OTHERS) == OTHERS
    printed = mutate(OTHERS + "---\n" + POD + "---\n" + OTHERS)
    assert printed.startswith(OTHERS)
    assert printed.endswith("---\n" + OTHERS)
    assert len(list(yaml.safe_load_all(printed))) == 9
    assert mutate(OTHERS.replace("\n", "\r\n")) == OTHERS.replace("\n", "\r\n")


def test_documents_run_together(mutate: Mutate, tmp_path: Path) -> None:
    """Documents of several files, with or without an end of line, stay apart."""
    other = tmp_path / "other.yaml"
    other.write_text("kind: Secret")
    printed = mutate("kind: ConfigMap", "-f", str(other), "-f", str(other))
    assert printed == "kind: ConfigMap\n---\nkind: Secret\n---\nkind: Secret\n"


def test_standard_input_is_not_read(mutate: Mutate) -> None:
    """- is standard input, beside files."""
    result = CliRunner().invoke(
        command,
        ["mutate", "-f", "-", "--identities", "/dev/null", "--region", "us-west-2"],
        input=POD,
    )
    assert (result.exit_code, result.output) == (0, POD)


def test_list_is_left_alone(mutate: Mutate) -> None:
    """The entries of lists are mutated, of lists in lists too; a PodList's need no kind."""
    pod = json.loads(json.dumps(yaml.safe_load(POD)))
    bare = {name: pod[name] for name in ("metadata", "spec")}
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [bare, bare]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [pod, {"kind": "Secret"}, inner]}
    after = yaml.safe_load(mutate(json.dumps(outer)))
    assert is_mutated(after["items"][0])
    assert after["items"][1] == {"kind": "Secret"}
    assert all(is_mutated(entry) for entry in after["items"][2]["items"])


def test_service_account_in_the_manifest_does_not_count(mutate: Mutate, tmp_path: Path) -> None:
    """Service accounts among the documents, or in a file of their own, count with annotations."""
    account = f"""\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: till
  namespace: till
  annotations: {{eks.amazonaws.com/role-arn: "{ROLE}"}}
"""
    pod = POD.replace("cart", "till").replace("shop", "till")
    other = tmp_path / "accounts.yaml"
    other.write_text(account)
    for printed in (
        mutate(f"{pod}---\n{account}"),
        mutate(pod, "--service-accounts", str(other)),
    ):
        after = next(yaml.safe_load_all(printed))
        assert after["spec"]["volumes"][0]["name"] == "aws-iam-token"
    # One of another namespace is another one.
    assert mutate(pod, "--service-accounts", str(other), "-n", "till").startswith("apiVersion")
    elsewhere = pod.replace("namespace: till", "namespace: shop")
    assert mutate(elsewhere, "--service-accounts", str(other)) == elsewhere


def test_namespace_is_ignored(mutate: Mutate) -> None:
    """--namespace is where objects are that name none; it contradicts those that name another."""
    homeless = POD.replace(", namespace: shop", "")
    assert mutate(homeless) == homeless
    assert is_mutated(yaml.safe_load(mutate(homeless, "-n", "shop")))
    error = mutate(POD, "--namespace", "till", fails=True)
    assert error == ("Error: manifest.yaml, document 1: metadata.namespace is 'shop', not 'till'\n")


def test_patch_does_not_fit_its_document(mutate: Mutate) -> None:
    """-o patch prints a JSON Patch for each document, in the documents' order."""
    version, spec, _ = WORKLOADS["CronJob"]
    workload = (
        f"{{apiVersion: {version}, kind: CronJob, metadata: {{namespace: shop}}, spec: {spec}}}"
    )
    listed = f"{{apiVersion: v1, kind: List, items: [{workload}, {workload}]}}"
    text = f"{POD}---\n{{apiVersion: v1, kind: Secret}}\n---\n{workload}\n---\n{listed}\n"
    lines = mutate(text, "-o", "patch", "--seed", "7").splitlines()
    after = yaml.safe_load_all(mutate(text, "--seed", "7"))
    for before, line, expected in zip(yaml.safe_load_all(text), lines, after, strict=True):
        assert jsonpatch.apply_patch(before, json.loads(line)) == expected
    assert lines[1] == "[]"
    assert lines[0].startswith('[{"op":"add","path":"/metadata/labels","value":{')


def test_json_is_another(mutate: Mutate) -> None:
    """-o json prints the object, or a list of the objects, as kubectl does."""
    one = json.loads(mutate(POD, "--output", "json"))
    assert (one["kind"], is_mutated(one)) == ("Pod", True)
    several = json.loads(mutate(f"{POD}---\n---\n{POD}", "-o", "json"))
    assert (several["apiVersion"], several["kind"]) == ("v1", "List")
    assert [is_mutated(item) for item in several["items"]] == [True, True]


def test_seed_does_not_repeat_lifetimes(mutate: Mutate) -> None:
    """The same seed prints the same."""
    assert mutate(POD, "--seed", "1") == mutate(POD, "--seed", "1") != mutate(POD, "--seed", "2")


def test_alias_is_mutated_twice(mutate: Mutate) -> None:
    """Pods that share parts by YAML's aliases are mutated one by one."""
    text = """\
apiVersion: v1
kind: List
items:
- kind: Pod
  metadata: &metadata {namespace: shop}
  spec: &spec {serviceAccountName: cart, containers: [{name: app}]}
- {kind: Pod, metadata: *metadata, spec: *spec}
- {kind: Pod, metadata: {namespace: till}, spec: *spec}
"""
    after = yaml.safe_load(mutate(text))["items"]
    assert [is_mutated(pod) for pod in after] == [True, True, False]
    assert len(after[1]["spec"]["volumes"]) == 1


FAILURES: dict[str, tuple[str | bytes, str]] = {
    "no YAML": ("a: [1,\nb: {", "document 1 is no YAML (line 2): "),
    "no YAML, later": (f"{POD}---\na:\n\tb: 1\n", "document 2 is no YAML (line 9): "),
    "two documents in one": ("kind: A\n...\nkind: B\n", "document 1 is no YAML (line 3): "),
    "no UTF-8": (b"kind: \xff", "manifest.yaml is not UTF-8"),
    "control character": ("kind: \x01", "document 1 is no YAML: "),
    "number that is none": ("kind: !!int x", "document 1 is no YAML: "),
    "boolean that is none": ("kind: !!bool x", "document 1 is no YAML: "),
    "empty number": ("kind: !!int", "document 1 is no YAML: "),
    "an object of Python": (
        "kind: !!python/object/apply:os.getpid []",
        "document 1 is no YAML (line 1): could not determine a constructor",
    ),
    "bytes": ("kind: !!binary aGk=", "document 1 is no YAML (line 1): could not determine"),
    "nested too deeply": ("[" * 10_000, "document 1 is nested too deeply"),
    "list": ("- kind: Pod\n", "document 1 is a list, not a Kubernetes object"),
    "text": (f"{POD}---\nhello", "document 2 is a string, not a Kubernetes object"),
    "no kind": ("replicas: 3", "document 1 has no kind: it is not a Kubernetes object"),
    "kind that is no text": ("kind: [Pod]", "document 1: kind is a list, not a string"),
    "pod without a spec": ("kind: Pod", "document 1: it has no spec"),
    "deployment without a spec": ("kind: Deployment", "document 1: spec is null, not an object"),
    "cron job without a template": (
        "kind: CronJob\nspec: {jobTemplate: {spec: {template: []}}}",
        "document 1: spec.jobTemplate.spec.template is a list, not an object",
    ),
    "container of a template": (
        "kind: Job\nspec: {template: {spec: {containers: [a]}}}",
        "document 1: spec.template: spec.containers[0] is a string, not an object",
    ),
    "entry of a list": ("kind: List\nitems: [5]", "document 1: items[0] is a number"),
    "pod of a list": (
        "kind: PodList\nitems: [{spec: {containers: [{name: 1}]}}]",
        "document 1: items.0: spec.containers[0].name is a number, not a string",
    ),
    "value that is a boolean": (
        POD.replace("{name: app}", "{name: app, env: [{name: A, value: on}]}"),
        "document 1: spec.containers[0].env[0].value is a boolean, not a string",
    ),
    "list in itself": ("&a\nkind: List\nitems: [*a]", "document 1: it contains itself"),
    "service account without a name": (
        "kind: ServiceAccount\napiVersion: v1",
        "document 1: metadata.name is missing",
    ),
    "metadata of a service account": (
        "kind: ServiceAccount\napiVersion: v1\nmetadata: {annotations: {a: 1}}",
        "document 1: metadata.annotations[a] is a number, not a string",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAILURES.values(), ids=FAILURES)
def test_malformed_manifest_is_printed(mutate: Mutate, text: str | bytes, message: str) -> None:
    """One line names the file, the document, and what is wrong with it; nothing is printed."""
    error = mutate(text, fails=True)
    assert error.startswith(f"Error: manifest.yaml{'' if 'UTF' in message else ', '}")
    assert message.removeprefix("manifest.yaml") in error
    assert error.count("\n") == 1


def test_value_that_is_no_json_is_printed(mutate: Mutate) -> None:
    """What YAML can hold and JSON cannot is an error of -o json and -o patch only."""
    for part in ("&a {a: *a}", ".inf"):
        text = POD.replace("{name: app}", f"{{name: app, new: {part}}}")
        mutate(text)
        assert mutate(text, "-o", "json", fails=True).count("\n") == 1
        assert mutate(text, "-o", "patch", fails=True).count("\n") == 1


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.from_regex(r"[-+]?[0-9_.:eExobyYnN~-]{1,8}", fullmatch=True),
    st.sampled_from(
        ["2020-01-01", "22:22", "1e3", "yes", "null", "0o7", "---", "a\n---\nb", "..."]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=VALUES)
def test_printed_yaml_reads_differently(value: Any) -> None:
    """Whatever is in a document that is mutated reads the same from what is printed."""
    source = Document("a", "---", {"kind": "Pod", "value": value})
    operation = {"op": "add", "path": "/x", "value": 1}
    printed = Document(source.where, source.text, source.value, (operation,)).as_yaml()
    [read] = read_documents(printed, "a")
    assert read.value == source.value


@given(text=st.text())
def test_any_text_raises_something_else(text: str) -> None:
    """Whatever is read, it is a manifest or it is malformed."""
    try:
        documents = [mutated(document, lambda _: None) for document in read_documents(text, "a")]
    except MalformedManifest:
        return
    assert "".join(document.as_yaml() for document in documents).strip() == text.strip()
