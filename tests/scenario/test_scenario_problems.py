"""What is wrong with a scenario file is said with line and column, all at once."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from moto_eks_podid.scenario.loading import check, schema
from moto_eks_podid.scenario.problems import ScenarioError
from moto_eks_podid.scenario.schema import as_markdown
from moto_eks_podid.scenario.table import SCENARIO, SECTIONS


def problems(path: Path) -> list[str]:
    """The problems of a file, without the folder in front."""
    with pytest.raises(ScenarioError) as caught:
        check(path)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(one).replace(f"{path.parent}/", "") for one in caught.value.problems]


def written(folder: Path, content: str | bytes, name: str = "s.yaml") -> Path:
    path = folder / name
    if isinstance(content, str):
        content = textwrap.dedent(content).encode()
    path.write_bytes(content)
    return path


BASE = """\
roles:
  - name: cart
clusters:
  - name: blue
"""

#: What a file is -> the file, what is wrong with it.
NO_YAML: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "s.yaml:1:1: the file is empty"),
    "comment alone": ("# nothing\n", "s.yaml:1:1: the file is empty"),
    "list": ("- a\n", "s.yaml:1:1: expected a mapping, got a list"),
    "text": ("a\n", "s.yaml:1:1: expected a mapping, got a text"),
    "open bracket": (
        "roles: [\n",
        "s.yaml:2:1: this is no YAML: while parsing a flow node, expected the node content, but "
        "found '<stream end>'",
    ),
    "wrong indentation": (
        "roles:\n  - name: a\n   tags: {}\n",
        "s.yaml:3:4: this is no YAML: while parsing a block collection, expected <block end>, but "
        "found '<block mapping start>'",
    ),
    "two documents": (
        "region: us-east-1\n---\nregion: us-east-1\n",
        "s.yaml:2:1: this is no YAML: expected a single document in the stream, but found "
        "another document",
    ),
    "latin-1": (b"region: us-east-1\n# caf\xe9\n", "s.yaml:2:6: the file is not encoded in UTF-8"),
    "latin-1 behind a byte order mark": (
        b"\xef\xbb\xbf# caf\xe9\n",
        "s.yaml:1:6: the file is not encoded in UTF-8",
    ),
    "UTF-16": ("region: a".encode("utf-16"), "s.yaml:1:1: the file is not encoded in UTF-8"),
    "control character": (
        b"region: us-east-1\nroles: \x07\n",
        "s.yaml:2:8: the character U+0007 may not be in a file",
    ),
    "escaped control character": (
        'settings: {a: "\\0"}\n',
        "s.yaml:1:15: the text has a character that may not be in a file",
    ),
    "escaped surrogate": (
        'settings: {a: "\\ud800"}\n',
        "s.yaml:1:15: the text has a character that may not be in a file",
    ),
    "escaped number that is no character": (
        'settings: {a: "\\UFFFFFFFF"}\n',
        "s.yaml:1:18: this is no YAML",
    ),
    "tag": ("region: !!binary aGk=\n", "s.yaml:1:9: the tag tag:yaml.org,2002:binary is not read"),
    "object": (
        "region: !!python/object/apply:os.system [ls]\n",
        "s.yaml:1:9: the tag tag:yaml.org,2002:python/object/apply:os.system is not read",
    ),
    "alias without an anchor": (
        "region: *here\n",
        "s.yaml:1:9: this is no YAML: found undefined alias 'here'",
    ),
    "alias into itself": ("roles: &a [*a]\n", "s.yaml:1:12: the alias *a leads back into itself"),
    "bomb of aliases": (
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n"
            for a, b in zip("abcde", "bcdef", strict=True)
        ),
        "s.yaml:5:36: with its aliases, the file has more than 100000 values",
    ),
    "nested too deeply": (
        "roles: " + "[" * 5_000,
        "s.yaml:1:57: this is nested more than 50 deep",
    ),
    "too large": (b"#" * (2**20 + 1), "s.yaml:1:1: the file is larger than 1 MiB"),
}


@pytest.mark.parametrize("case", NO_YAML)
def test_file_that_is_no_scenario_at_all_is_taken(case: str, tmp_path: Path) -> None:
    """What is not one bounded document of plain YAML has one problem, at its place."""
    content, expected = NO_YAML[case]
    (problem,) = problems(written(tmp_path, content))
    assert problem.startswith(expected)


@pytest.mark.parametrize("name", ["gone.yaml", "", "nul\0.yaml"])
def test_file_that_is_not_there_raises_something_else(name: str, tmp_path: Path) -> None:
    """A file that cannot be read is a problem of the same kind."""
    (problem,) = problems(tmp_path / name)
    assert ":1:1: the file cannot be read: " in problem


#: What is wrong -> the file, its problems.
BROKEN: dict[str, tuple[str, list[str]]] = {
    "unknown member": (
        "rolls: []\n",
        ["s.yaml:1:1: there is no member 'rolls'; did you mean 'roles'?"],
    ),
    "unknown member like no other": (
        "roles:\n  - name: a\n    xyz: 1\n",
        [
            "s.yaml:3:5: there is no member 'xyz'; there are name, trust, policies, "
            "managed_policies, permissions_boundary, tags, account_id"
        ],
    ),
    "AWS's own name of a member": (
        BASE
        + "associations:\n"
        + "  - {cluster: blue, namespace: shop, serviceAccount: a, role: cart}\n",
        [
            "s.yaml:6:5: missing: service_account",
            "s.yaml:6:38: there is no member 'serviceAccount'; did you mean 'service_account'?",
        ],
    ),
    "wrong types": (
        """\
        roles: {}
        clusters:
          - blue
          - name: [a]
          - name:
          - name: green
            tags: [a]
        """,
        [
            "s.yaml:1:8: expected a list of roles, got a mapping",
            "s.yaml:3:5: expected a mapping, got a text",
            "s.yaml:4:11: expected a cluster's name, got a list",
            "s.yaml:5:10: expected a cluster's name, got nothing",
            "s.yaml:7:11: expected a mapping of tags, got a list",
        ],
    ),
    "missing members": (
        "associations:\n  - namespace: shop\n",
        ["s.yaml:2:5: missing: cluster, service_account, role"],
    ),
    "repeated member": (
        "region: us-east-1\nregion: us-east-1\n",
        ["s.yaml:2:1: 'region' stands twice in one mapping"],
    ),
    "repeated tag": (
        "clusters: [{name: a, tags: {x: 1, x: 2}}]\n",
        ["s.yaml:1:35: 'x' stands twice in one mapping"],
    ),
    "member whose name is a list": (
        "? [a]\n: b\n",
        ["s.yaml:1:3: a member's name is a text, not a list"],
    ),
    "merge key": (
        "clusters:\n  - &a {name: a}\n  - <<: *a\n    name: b\n",
        ["s.yaml:3:5: merge keys (<<) are not read here; an alias is"],
    ),
    "patterns": (
        """\
        account_id: 12345
        region: Europe
        clusters:
          - {name: -blue, version: "2.0"}
        """,
        [
            "s.yaml:1:13: expected an account's twelve digits, got '12345'",
            "s.yaml:2:9: expected a region, got 'Europe'",
            "s.yaml:4:12: expected a cluster's name, got '-blue'",
            "s.yaml:4:28: expected a version of Kubernetes, got '2.0'",
        ],
    ),
    "names that Kubernetes does not allow": (
        BASE
        + f"""\
pods:
  - {{cluster: blue, namespace: Shop, service_account: cart}}
  - {{cluster: blue, namespace: shop, service_account: cart-}}
  - {{cluster: blue, namespace: {"a" * 64}, service_account: cart}}
  - {{cluster: blue, namespace: "shop\\n", service_account: cart}}
""",
        [
            "s.yaml:6:32: expected a Kubernetes namespace, got 'Shop'",
            "s.yaml:7:55: expected the name of a Kubernetes service account, got 'cart-'",
            f"s.yaml:8:32: expected a Kubernetes namespace, got {'a' * 64!r}",
            "s.yaml:9:32: expected a Kubernetes namespace, got 'shop\\n'",
        ],
    ),
    "flag and numbers": (
        BASE
        + """\
associations:
  - {cluster: blue, namespace: shop, service_account: cart, role: cart, disable_session_tags: yes}
pods:
  - {cluster: blue, namespace: shop, service_account: cart, count: 0}
  - {cluster: blue, namespace: shop, service_account: cart, count: 1e3}
  - {cluster: blue, namespace: shop, service_account: cart, count: []}
""",
        [
            "s.yaml:6:95: expected true or false, got 'yes'",
            "s.yaml:8:68: expected a number from 1 to 1000, got '0'",
            "s.yaml:9:68: expected a number from 1 to 1000, got '1e3'",
            "s.yaml:10:68: expected a number from 1 to 1000, got a list",
        ],
    ),
    "settings": (
        "settings:\n  iam_enforcment: all\n  verify_token: perhaps\n  cloudtrail_max_events: [1]\n",
        [
            "s.yaml:2:3: There is no setting 'iam_enforcment'; did you mean 'iam_enforcement'?",
            "s.yaml:3:3: setting 'verify_token': expected true or false, got 'perhaps'",
            "s.yaml:4:26: expected a text, got a list",
        ],
    ),
    "names that are nowhere": (
        BASE
        + """\
associations:
  - {cluster: bleu, namespace: shop, service_account: cart, role: crat}
  - {cluster: blue, namespace: shop, service_account: cart, role: x, target_role: y}
pods:
  - {cluster: red, namespace: shop, service_account: cart}
""",
        [
            "s.yaml:6:15: there is no cluster 'bleu' in this file; did you mean 'blue'?",
            "s.yaml:7:67: there is no role 'x' in this file; if it is elsewhere, give its ARN",
            "s.yaml:7:83: there is no role 'y' in this file; if it is elsewhere, give its ARN",
            "s.yaml:9:15: there is no cluster 'red' in this file; if it is elsewhere, give its ARN",
        ],
    ),
    "policies that are nowhere": (
        "roles: [{name: a, managed_policies: [read], permissions_boundary: rede}]\n"
        "policies: [{name: reader, document: {Effect: Allow, Action: '*', Resource: '*'}}]\n",
        [
            "s.yaml:1:37: there is no policy 'read' in this file; did you mean 'reader'?",
            "s.yaml:1:67: there is no policy 'rede' in this file; did you mean 'reader'?",
        ],
    ),
    "role of another account": (
        """\
        roles: [{name: cart, account_id: "444455556666"}]
        clusters: [{name: blue}]
        associations:
          - {cluster: blue, namespace: shop, service_account: cart, role: cart}
        """,
        [
            "s.yaml:4:67: the role 'cart' is of account 444455556666, and what names it of account "
            "123456789012"
        ],
    ),
    "several clusters of a name": (
        """\
        roles: [{name: cart}]
        clusters: [{name: blue}, {name: blue, region: eu-west-1}]
        associations:
          - {cluster: blue, namespace: shop, service_account: cart, role: cart}
        """,
        [
            "s.yaml:4:15: there are several clusters 'blue': give an ARN, of "
            "arn:aws:eks:eu-west-1:123456789012:cluster/blue, "
            "arn:aws:eks:us-east-1:123456789012:cluster/blue"
        ],
    ),
    "several target roles of a name": (
        """\
        roles:
          - {name: cart}
          - {name: target, account_id: "444455556666"}
          - {name: target, account_id: "777788889999"}
        clusters: [{name: blue}]
        associations:
          - {cluster: blue, namespace: shop, service_account: a, role: cart, target_role: target}
        """,
        [
            "s.yaml:7:83: there are several roles 'target': give an ARN, with one of the accounts "
            "444455556666, 777788889999"
        ],
    ),
    "twice": (
        """\
        roles: [{name: cart}, {name: cart}, {name: cart, account_id: "444455556666"}]
        clusters: [{name: blue}, {name: blue, region: us-east-1}]
        associations:
          - &a {cluster: blue, namespace: shop, service_account: cart, role: cart}
          - *a
        buckets: [{name: orders}, {name: orders, region: eu-west-1}]
        """,
        [
            "s.yaml:1:23: '123456789012/cart' stands in roles before, in line 1",
            "s.yaml:2:26: '123456789012/us-east-1/blue' stands in clusters before, in line 2",
            "s.yaml:4:5: 'blue/shop/cart' stands in associations before, in line 4",
            "s.yaml:6:27: 'orders' stands in buckets before, in line 6",
        ],
    ),
    "pods": (
        BASE
        + """\
associations:
  - {cluster: blue, namespace: shop, service_account: cart, role: cart}
pods:
  - {cluster: blue, namespace: shop, service_account: chef, count: 2}
  - {cluster: blue, namespace: shop, service_account: cart, name: web, count: 2}
  - {cluster: blue, namespace: shop, service_account: cart, name: web-1}
  - {cluster: blue, namespace: shop, service_account: cart, count: 1000}
""",
        [
            "s.yaml:8:5: there is no association of shop/chef on 'blue', so its pods get no "
            "credentials",
            "s.yaml:10:5: 'blue/shop/web-1' stands in pods before, in line 9",
            "s.yaml:11:5: these are more than 1000 pods in one file",
        ],
    ),
    "policy of a session with tags": (
        BASE
        + """\
associations:
  - cluster: blue
    namespace: shop
    service_account: cart
    role: cart
    policy: {Effect: Allow, Action: "*", Resource: "*"}
""",
        ["s.yaml:10:13: a policy needs disable_session_tags: true beside it"],
    ),
    "item without the key": (
        "tables: [{name: carts, key: id, items: [{id: a}, {ID: b}]}]\n",
        ["s.yaml:1:40: an item lacks the table's key 'id'"],
    ),
    "policies as YAML": (
        """\
        policies:
          - name: read
            document:
              Version: 2012-10-17
              Statement:
                - Effect: Allow
                  Action: s3:GetObject
                  Resource: "*"
                - Effect: Alow
                  Action: s3
                  Resource: orders
                  Condition:
                    StringEqual: {"aws:PrincipalTag/kubernetes-namespace": shop}
        roles:
          - name: cart
            trust: {Effect: Allow, Action: "s3:*", Principal: "*"}
            policies:
              statements:
                - Effect: Allow
                  Action:
                  Resource: "*"
              statement: {Effect: Allow, Action: "*"}
        """,
        [
            "s.yaml:9:19: The effect must be Allow or Deny.",
            "s.yaml:16:36: AssumeRole policy may only specify STS AssumeRole actions.",
            "s.yaml:20:18: expected a text, a list or a mapping, got nothing",
            "s.yaml:22:18: Policy statement must contain resources.",
        ],
    ),
    "grammar of a policy": (
        """\
        policies:
          - name: read
            document:
              - Effect: Allow
                Action: [s3:GetObject, s3]
                Resource: orders
                Condition:
                  StringEqual: {"aws:PrincipalTag/kubernetes-namespace": shop}
        """,
        [
            "s.yaml:5:17: 's3' is neither vendor:action nor *.",
            's.yaml:6:19: Resource orders must be in ARN format or "*".',
            "s.yaml:8:66: Invalid Condition type : StringEqual.",
        ],
    ),
    "policies as JSON": (
        """\
        policies:
          - name: read
            document: |
              {"Version": "2012-10-17",
               "Statement": {"Effect": "Allow", "Action": "s3", "Resource": "*"}}
          - name: write
            document: '{'
          - name: nothing
            document:
        """,
        [
            "s.yaml:3:15: 's3' is neither vendor:action nor *. (at $.Statement.Action)",
            "s.yaml:7:15: The document is not JSON: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1). (at $)",
            "s.yaml:9:14: expected a policy, got nothing",
        ],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_problem_is_overlooked_or_misplaced(case: str, tmp_path: Path) -> None:
    """Every problem of a file is told, with line and column, in the file's order."""
    content, expected = BROKEN[case]
    assert problems(written(tmp_path, content)) == expected


POLICY_FILES: dict[str, tuple[str | bytes, list[str]]] = {
    "p.json": (
        '{\n\t"Statement": [\n\t\t{"Effect": "Allow", "Action": "s3", "Resource": "*"}\n\t]\n}\n',
        ["p.json:3:33: 's3' is neither vendor:action nor *."],
    ),
    "broken.json": (
        "{",
        [
            "broken.json:1:1: The document is not JSON: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1)."
        ],
    ),
    "p.yaml": (
        "# read\nEffect: Allow\nAction: s3\nResource: '*'\n",
        ["p.yaml:3:9: 's3' is neither vendor:action nor *."],
    ),
    "broken.yaml": ("- [", ["broken.yaml:1:4: this is no YAML: while parsing a flow node"]),
    "latin.yaml": (b"caf\xe9", ["latin.yaml:1:4: the file is not encoded in UTF-8"]),
}


@pytest.mark.parametrize("name", POLICY_FILES)
def test_problem_of_a_policy_s_file_is_blamed_on_the_scenario(name: str, tmp_path: Path) -> None:
    """What is wrong with a policy in a file of its own is said with that file and its lines."""
    content, expected = POLICY_FILES[name]
    path = written(tmp_path, f"policies: [{{name: a, document: {{file: {name}}}}}]\n")
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = problems(path)
    assert len(found) == len(expected)
    for one, start in zip(found, expected, strict=True):
        assert one.startswith(start)


@pytest.mark.parametrize("name", ["gone.json", "folder", '"nul\\x85"'])
def test_policy_s_file_is_not_there(name: str, tmp_path: Path) -> None:
    """A policy's file that is not there is a problem of the line that names it."""
    (tmp_path / "folder").mkdir()
    path = written(tmp_path, f"policies: [{{name: a, document: {{file: {name}}}}}]\n")
    (problem,) = problems(path)
    assert problem.startswith("s.yaml:1:39: there is no file ")


def test_first_problem_hides_the_others(tmp_path: Path) -> None:
    """Problems of all kinds are told together, the scenario's before those of other files."""
    written(tmp_path, "Effect: Allow\nAction: '*'\n", "p.yaml")
    path = written(
        tmp_path,
        """\
        policies: [{name: a, document: {file: p.yaml}}]
        settings: {nonsense: 1}
        clusters: [{name: blue, tag: {}}]
        pods: [{cluster: bleu, namespace: shop, service_account: cart}]
        """,
    )
    assert [one.split(": ")[0] for one in problems(path)] == [
        "s.yaml:2:12",
        "s.yaml:3:25",
        "s.yaml:4:18",
        "p.yaml:1:1",
    ]


def test_unreadable_section_makes_others_wrong(tmp_path: Path) -> None:
    """What a section that cannot be read would have had is not missed elsewhere."""
    path = written(
        tmp_path,
        """\
        roles: cart
        clusters: [{nam: blue}]
        associations: [{cluster: blue, namespace: shop, service_account: cart, role: cart}]
        """,
    )
    assert problems(path) == [
        "s.yaml:1:8: expected a list of roles, got a text",
        "s.yaml:2:12: missing: name",
        "s.yaml:2:13: there is no member 'nam'; did you mean 'name'?",
    ]


def test_problems_have_no_end(tmp_path: Path) -> None:
    """After a hundred problems no more are looked for."""
    names = [f"role-{number}" for number in range(200)]
    path = tmp_path / "s.yaml"
    document = {"roles": [{"name": name, "managed_policies": [name]} for name in names]}
    path.write_text(json.dumps(document), encoding="utf-8")
    assert len(problems(path)) == 100
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document["policies"] = [{"name": name, "document": statement} for name in names]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert len(check(path).sections["roles"]) == 200


# What is right


def test_text_is_read_as_something_else(tmp_path: Path) -> None:
    """A text is what was written, whatever YAML takes it for."""
    path = written(
        tmp_path,
        """\
        account_id: 012345678901
        clusters:
          - name: no
            version: 1.30
            tags: {since: 2026-01-01, on: true, half: 0.50, '1': "~"}
        policies:
          - name: mine
            document: {Effect: Deny, Action: "*", Resource: "*", Sid: 0123}
        """,
    )
    (cluster,) = check(path).sections["clusters"]
    assert cluster["account_id"] == "012345678901"
    assert (cluster["name"], cluster["version"]) == ("no", "1.30")
    assert cluster["tags"] == {"since": "2026-01-01", "on": "true", "half": "0.50", "1": "~"}
    (policy,) = check(path).sections["policies"]
    assert json.loads(policy["document"])["Statement"]["Sid"] == "0123"


def test_policy_as_json_is_rewritten(tmp_path: Path) -> None:
    """JSON text is kept to the letter, in the scenario and in a file."""
    text = '{ "Version":"2012-10-17", "Statement":{"Effect":"Deny","Action":"*","Resource":"*"} }'
    written(tmp_path, text, "p.json")
    path = written(
        tmp_path,
        f"policies: [{{name: a, document: '{text}'}}, {{name: b, document: {{file: p.json}}}}]\n",
    )
    assert [one["document"] for one in check(path).sections["policies"]] == [text, text]


def test_empty_scenario_is_refused(tmp_path: Path) -> None:
    """A file may hold nothing but a mapping without members."""
    assert set(check(written(tmp_path, "{}\n")).sections.values()) == {()}


# The schema for editors


def test_schema_is_none() -> None:
    """What is printed for editors is a JSON Schema, and takes the example."""
    import yaml

    document = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(document)
    example = Path(__file__).parents[1] / "examples" / "shop.yaml"
    value = yaml.load(example.read_text(encoding="utf-8"), yaml.BaseLoader)
    # As an editor does, numbers are numbers.
    value["pods"][0]["count"] = int(value["pods"][0]["count"])
    jsonschema.validate(value, document)


def test_member_is_undocumented() -> None:
    """The documentation's table has a row for every member of every section."""
    head, *sections = as_markdown().split("\n## ")
    assert [section.split("\n")[0] for section in sections] == [f"`{name}`" for name in SECTIONS]
    tables = [(head, SCENARIO), *zip(sections, (row[0] for row in SECTIONS.values()), strict=True)]
    for text, struct in tables:
        rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
        assert [row[0].split("`")[1] for row in rows] == [one.name for one in struct.members]
        assert all(len(row) == 3 for row in rows)


STRUCTURAL: dict[str, Any] = {
    "unknown member": {"rolls": []},
    "wrong type": {"roles": {}},
    "missing member": {"clusters": [{}]},
    "pattern": {"region": "Europe"},
    "unknown setting": {"settings": {"nonsense": 1}},
    "number out of range": {
        "pods": [{"cluster": "a", "namespace": "b", "service_account": "c", "count": 0}]
    },
    "flag": {
        "associations": [
            {
                "cluster": "a",
                "namespace": "b",
                "service_account": "c",
                "role": "d",
                "disable_session_tags": "yes",
            }
        ]
    },
    "nested": {"buckets": [{"name": "orders", "objects": [{"kee": "a"}]}]},
}


@pytest.mark.parametrize("case", STRUCTURAL)
def test_schema_takes_what_the_checker_refuses(case: str, tmp_path: Path) -> None:
    """Editors mark what the checker refuses, names that are nowhere apart."""
    document = STRUCTURAL[case]
    assert problems(written(tmp_path, json.dumps(document)))
    assert not jsonschema.Draft202012Validator(json.loads(schema())).is_valid(document)
