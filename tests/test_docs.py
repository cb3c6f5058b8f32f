"""The documentation says what the code does: snippets run or parse, tables list what there is."""

from __future__ import annotations

import ast
import configparser
import contextlib
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click
import pytest
import requests
import yaml
from aws_under_test import Aws
from awscli.clidriver import create_clidriver
from click.testing import CliRunner
from moto.core.exceptions import JsonRESTError
from moto.eks.exceptions import EKSError
from moto.moto_api._internal.urls import url_paths as moto_endpoints

import moto_eks_podid as podid
import moto_eks_podid.cloudtrail.exceptions as cloudtrail
import moto_eks_podid.eks.exceptions as eks
import moto_eks_podid.eksauth.exceptions as eksauth
import moto_eks_podid.iam.exceptions as iam
import moto_eks_podid.sts.exceptions as sts
from moto_eks_podid import policy, settings
from moto_eks_podid.cli import command as command_line
from moto_eks_podid.endpoints import ENDPOINTS
from moto_eks_podid.identity.associations import InvalidAssociation, Rule
from moto_eks_podid.identity.sessions import InvalidSessionTags, SessionTagRule
from moto_eks_podid.pytest_plugin import EXPLAIN_OPTION, INI_OPTION, SCENARIO_OPTION
from moto_eks_podid.remote import PREFIX

DOCS = Path(__file__).parent.parent / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
PAGES = {
    str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if not {"_build", "_generated", "_static"} & set(path.relative_to(DOCS).parts)
}


class Fence(NamedTuple):
    """A fenced block: ``` and the language, an argument, the text."""

    page: str
    language: str
    argument: str
    text: str


FENCES = [
    Fence(page, *match.groups())
    for page, text in PAGES.items()
    for match in re.finditer(r"^```(\S+) ?([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
]


def fences(language: str) -> list[Any]:
    found = [fence for fence in FENCES if fence.language == language]
    return [
        pytest.param(fence, id=f"{fence.page}-{number}") for number, fence in enumerate(found, 1)
    ]


def without_markup(page: str) -> str:
    return PAGES[page].replace("`", "")


def column(page: str, heading: str, number: int) -> list[str]:
    """A column of the tables below a heading of any level, up to the next heading."""
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGES[page], re.S | re.M)
    assert section, f"{page} has no heading {heading!r}"
    rows = [line for line in section[1].splitlines() if line.startswith("|")]
    cells = [row.split("|")[number].strip() for row in rows]
    return [cell for cell in cells[1:] if not set(cell) <= set("- ")]


# Pages


def test_page_is_in_no_table_of_contents() -> None:
    """From the index, tables of contents lead to every page."""

    def below(page: str) -> Iterator[str]:
        yield page
        for fence in FENCES:
            if fence.page == page and fence.language == "{toctree}":
                entries = [line for line in fence.text.split() if not line.startswith(":")]
                for entry in entries:
                    if f"{entry}.md" in PAGES:
                        yield from below(f"{entry}.md")

    assert set(below("index.md")) == set(PAGES)


def test_snippet_is_of_a_kind_that_nobody_checks() -> None:
    """Every fenced block is one that Sphinx reads, or one that is checked below."""
    by_sphinx = {"{toctree}", "{eval-rst}", "{image}", "{include}"}
    checked = {"{literalinclude}", "console", "http", "yaml", "ini", "dockerfile"}
    assert {fence.language for fence in FENCES} <= by_sphinx | checked


@pytest.mark.parametrize("fence", fences("{literalinclude}"))
def test_included_example_is_gone(fence: Fence) -> None:
    """An included snippet is in an example that the tests run, and is found in there."""
    source = ((DOCS / fence.page).parent / fence.argument).resolve()
    here = Path(__file__).parent
    text = source.read_text(encoding="utf-8")
    if source.is_relative_to(here / "programs"):
        defined = set()
    elif source.suffix == ".yaml":
        assert source.parent in (here / "examples", here.parent)
        tests = [path.read_text(encoding="utf-8") for path in here.rglob("test_*.py")]
        assert any(source.name in test for test in tests)
        defined = set()
    else:
        assert source.parent == here / "examples"
        assert source.name.startswith("test_")
        defined = {
            node.name
            for node in ast.parse(text).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
    options = r'^:(pyobject|start-at|start-after|end-before): "?(.*?)"?$'
    for option, value in re.findall(options, fence.text, re.MULTILINE):
        assert value in (defined if option == "pyobject" else text), value


@pytest.mark.parametrize("fence", fences("yaml"))
def test_yaml_does_not_parse(fence: Fence) -> None:
    """A YAML snippet is one mapping."""
    assert isinstance(yaml.safe_load(fence.text), dict)


@pytest.mark.parametrize("fence", fences("ini"))
def test_ini_names_an_option_that_is_none(fence: Fence) -> None:
    """An ini snippet sets pytest's option of this plugin."""
    ini = configparser.ConfigParser()
    ini.read_string(fence.text)
    assert set() < set(ini.options("pytest")) <= {INI_OPTION, EXPLAIN_OPTION, SCENARIO_OPTION}


# Commands


def commands(name: str, text: str) -> Iterator[list[str]]:
    """The words of every call of a program in a console or Dockerfile snippet, without its name."""
    calls = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    # An exec form, and then the last call of a pipe or a substitution.
    calls += [" ".join(json.loads(words)) for words in re.findall(r"ENTRYPOINT (.*)", text)]
    for line in calls:
        for call in re.split(r"\$\(|\||\)(?=$|\")", line):
            words = shlex.split(call.strip().rstrip("&")) if name in call else []
            while words and "=" in words[0]:
                words.pop(0)
            if words and words[0] == name:
                yield words[1:]


def flags(words: list[str]) -> set[str]:
    return {word.split("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)}


def flags_of_motos(program: Callable[[list[str]], None]) -> set[str]:
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.suppress(SystemExit):
        program(["--help"])
    return set(re.findall(r"--?[A-Za-z][\w-]*", output.getvalue()))


SNIPPETS_WITH_COMMANDS = [*fences("console"), *fences("dockerfile")]


@pytest.mark.parametrize("fence", SNIPPETS_WITH_COMMANDS)
def test_documented_command_does_not_exist(fence: Fence) -> None:
    """Every call of moto-eks-podid is one of its commands, with options of that command."""
    from moto.proxy import main as moto_proxy
    from moto.server import main as moto_server

    for words in commands("moto-eks-podid", fence.text):
        command = command_line.commands[words[0]]
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        known = {option for parameter in command.params for option in parameter.opts}
        if words[0] == "server":
            known |= flags_of_motos(moto_server)
        elif words[0] == "proxy":
            known |= flags_of_motos(moto_proxy)
        assert flags(words) <= known


@pytest.mark.parametrize("fence", fences("console"))
def test_documented_aws_command_does_not_exist(fence: Fence) -> None:
    """Every call of the AWS CLI is a command that it has, with options of that command."""
    everywhere = create_clidriver().create_help_command()
    for words in commands("aws", fence.text):
        described = everywhere
        while words and words[0] in (described.command_table or {}):
            described = described.command_table[words.pop(0)].create_help_command()
        assert described is not everywhere
        assert not described.command_table, words
        known = {f"--{name}" for name in (*described.arg_table, *everywhere.arg_table)}
        assert flags(words) <= known


@pytest.mark.parametrize("fence", fences("console"))
def test_documented_url_does_not_exist(fence: Fence) -> None:
    """Every curl of the server's own endpoints has a path and a method that it answers."""
    for words in commands("curl", fence.text):
        (url,) = (word for word in words if word.startswith("http"))
        path = re.sub(r"^http://[^/]+", "", url).split("?")[0]
        method = "POST" if {"-d", "--data-binary"} & set(words) else "GET"
        method = words[words.index("-X") + 1] if "-X" in words else method
        if path.startswith(PREFIX):
            assert method in ENDPOINTS[path.removeprefix(PREFIX)]
        elif path.startswith("/moto-api"):
            assert f"{{0}}{path}" in moto_endpoints
        else:
            assert re.fullmatch(
                r"/id/[0-9A-F]{32}/(keys|\.well-known/openid-configuration)", path
            ), path


@pytest.mark.parametrize("fence", fences("console"))
def test_documented_upload_arrives_empty(fence: Fence) -> None:
    """A file that curl sends is said to be JSON: moto drops the bodies of forms."""
    for words in commands("curl", fence.text):
        assert "--data-binary" not in words or "Content-Type: application/json" in words


@pytest.mark.parametrize("fence", fences("console"))
def test_documented_command_is_a_glob(fence: Fence) -> None:
    """What a shell would take for a pattern of files is quoted."""
    for line in fence.text.splitlines():
        if line.startswith("$ "):
            assert not re.search(r"[?*[]", re.sub(r"'.*?'|\".*?\"", "", line)), line


SHELL_SNIPPETS = {
    **{
        f"{fence.page}-{number}": fence.text
        for number, fence in enumerate(FENCES)
        if fence.language == "console"
    },
    "README.md": "".join(re.findall(r"^```console\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)),
}


@pytest.mark.parametrize("text", SHELL_SNIPPETS.values(), ids=SHELL_SNIPPETS)
def test_documented_pod_is_somebody_else(text: str) -> None:
    """Who becomes a pod in a shell gives up static keys first, which go before the agent."""
    if "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" in text:
        become = text.split("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=")[1]
        assert "\n$ unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE\n" in become


@pytest.mark.parametrize("text", SHELL_SNIPPETS.values(), ids=SHELL_SNIPPETS)
def test_documented_file_is_never_made(text: str) -> None:
    """Every file that a call of the AWS CLI reads is made by a command before it."""
    for read in re.finditer(r"file://(\S+)", text):
        assert f"$ cat > {read[1]} <<END\n" in text[: read.start()]


def manifest(kind: str) -> Any:
    """The one snippet that is a manifest of a kind."""
    (text,) = (fence.text for fence in FENCES if f"\nkind: {kind}\n" in fence.text)
    return yaml.safe_load(text)


def test_documented_webhook_is_never_called() -> None:
    """The API server calls the webhook through its Service, by the name in its certificate."""
    (webhook,) = manifest("MutatingWebhookConfiguration")["webhooks"]
    service = webhook["clientConfig"].pop("service")
    assert set(webhook["clientConfig"]) == {"caBundle"}
    name = f"{service['name']}.{service['namespace']}.svc"
    flags = f"--port {service['port']} --cluster prod-blue --tls-name {name} "
    assert flags in PAGES["how-to/webhook.md"]


def test_documented_agent_finds_no_server() -> None:
    """The DaemonSet on the host's network asks the cluster's DNS, and the page says that the server
    takes the name by which it is asked."""
    page = PAGES["how-to/other-languages.md"]
    pods = manifest("DaemonSet")["spec"]["template"]["spec"]
    assert pods["dnsPolicy"] == "ClusterFirstWithHostNet"
    (variable,) = pods["containers"][0]["env"]
    host = urlsplit(variable["value"]).hostname
    assert f"`--allowed-host {host}`" in page


def test_documented_mistakes_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of scenarios shows what the command says of its example with the two mistakes."""
    (shown,) = (fence.text for fence in FENCES if "servce_account" in fence.text)
    called, _, output = shown.partition("\n")
    lines = (Path(__file__).parent / "examples" / "shop.yaml").read_text().splitlines()
    lines[23] = lines[23].replace("service", "servce")
    lines[24] = lines[24].replace("cart", "crat")
    (tmp_path / "shop.yaml").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    (words,) = commands("moto-eks-podid", called)
    done = CliRunner().invoke(command_line, words)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", output)


def every_command(
    group: click.Group = command_line, before: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.mark.parametrize(("name", "command"), [*every_command()])
def test_help_hides_that_an_option_repeats(name: str, command: click.Command) -> None:
    """`--help` says which options may be given several times."""
    for option in command.params:
        if isinstance(option, click.Option) and option.multiple:
            assert "may be given several times" in (option.help or ""), option.name


def test_help_cuts_a_command_short() -> None:
    """What `--help` says about commands and groups is said to the end."""
    for group in ([], ["state"], ["events"]):
        helped = CliRunner().invoke(command_line, [*group, "--help"]).output
        assert "..." not in helped.split("Commands:")[1]


@pytest.mark.parametrize(("name", "command"), [*every_command()])
def test_command_is_undocumented(name: str, command: click.Command) -> None:
    """The page of the command line has a section for each command and a row for each option."""
    options = [
        parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)
    ]
    assert column("reference/cli.md", f"`{name}`", 1) == [f"`{option}`" for option in options]


# HTTP


class Exchange(NamedTuple):
    """A request and the answer that the page shows for it."""

    method: str
    path: str
    body: str
    status: int
    answer: Any


def exchanges() -> Iterator[Exchange]:
    pairs = iter(fence for fence in FENCES if fence.language == "http")
    for asked, answered in zip(pairs, pairs, strict=True):
        head, _, body = asked.text.partition("\n\n")
        method, path, _ = head.splitlines()[0].split()
        status_line, _, answer = answered.text.partition("\n\n")
        yield Exchange(method, path, body, int(status_line.split()[1]), json.loads(answer))


def shape(value: Any) -> Any:
    """A JSON value without what differs from run to run: its members and their types."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    return type(value).__name__


def elided(value: Any, shown: Any) -> Any:
    """A JSON value with … in place of what is shown so."""
    if shown == "…":
        return shown
    if isinstance(value, dict) and isinstance(shown, dict):
        return {name: elided(member, shown.get(name)) for name, member in value.items()}
    return value


def test_documented_exchange_answers_something_else(in_process_aws: Aws) -> None:
    """Each request on the page of HTTP endpoints gets the answer that is shown below it."""
    in_process_aws.create_cluster()
    in_process_aws.associate(in_process_aws.create_role())
    in_process_aws.assume()
    for exchange in exchanges():
        response = requests.request(
            exchange.method,
            f"http://motoapi.amazonaws.com{exchange.path}",
            data=exchange.body,
            timeout=30,
        )
        assert response.status_code == exchange.status, exchange
        answer = elided(response.json(), exchange.answer)
        assert shape(answer) == shape(exchange.answer), exchange
        if exchange.path.endswith("/settings") or response.status_code != 200:
            assert response.json() == exchange.answer


def test_endpoint_is_undocumented() -> None:
    """The page of HTTP endpoints has a row for each path, and for each method a section that
    shows it."""
    page = PAGES["reference/http.md"]
    shown = {(exchange.method, exchange.path.split("?")[0]) for exchange in exchanges()}
    for path, methods in ENDPOINTS.items():
        listed = ", ".join(f"`{method}`" for method in methods)
        assert f"| `{path}` | {listed} |" in page
        for method in methods:
            assert f"## `{method} {path}`\n" in page
            assert (method, PREFIX + path) in shown


# Names, settings, errors


def test_public_name_is_undocumented() -> None:
    """The page of Python names documents each public name of the package."""
    documented = set(
        re.findall(r"auto\w+:: moto_eks_podid\.(\w+)$", PAGES["reference/python.md"], re.M)
    )
    assert documented == set(podid.__all__) - {"__version__"}


def test_name_of_policies_is_undocumented() -> None:
    """The page of policies documents each public name of the evaluator."""
    directives = r"(?:auto\w+|py:data):: moto_eks_podid\.policy\.(\w+)$"
    documented = set(re.findall(directives, PAGES["reference/policy.md"], re.M))
    assert documented == set(policy.__all__)


def test_extra_is_undocumented() -> None:
    """The quickstart lists every extra of a user's, and the README names it."""
    setup = configparser.ConfigParser()
    setup.read(DOCS.parent / "setup.cfg")
    extras = set(setup["options.extras_require"]) - {"test", "lint", "docs"}
    assert set(column("quickstart.md", "Quickstart", 1)) == {f"`{extra}`" for extra in extras}
    use = README.split("## Use it")[1].split("\n## ")[0]
    assert {extra for extra in extras if f"`{extra}`" not in use} == set()


def test_policy_operator_is_undocumented() -> None:
    """The page of policies lists every condition operator."""
    listed = set(re.findall(r"\w+", PAGES["reference/policy.md"]))
    assert {operator.name for operator in policy.OPERATORS.values()} <= listed


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("Texts of EKS", eks.OUR_CHOICE),
        ("Texts of EKS Auth", eksauth.OUR_CHOICE),
        ("Texts of STS", sts.OUR_CHOICE),
        ("Texts of CloudTrail", cloudtrail.OUR_CHOICE),
        ("Texts of IAM", iam.OUR_CHOICE),
    ],
)
def test_choice_is_undocumented(heading: str, table: dict[str, str]) -> None:
    """The page of fidelity lists every text that is our own choice, and no other."""
    listed = [cell.strip("`") for cell in column("fidelity.md", heading, 1)]
    others = {message(eks.refusal(InvalidAssociation(rule, "…"))) for rule in Rule}
    assert set(table.values()) <= set(listed)
    assert set(listed) <= set(table.values()) | others


def message(error: EKSError) -> str:
    return str(json.loads(error.description)["message"])


def error_classes(module: Any, base: type) -> list[Any]:
    return [
        entry
        for entry in vars(module).values()
        if isinstance(entry, type)
        and issubclass(entry, base)
        and entry.__module__ != base.__module__
    ]


def test_error_code_is_undocumented() -> None:
    """The page of errors lists every code with its status, service by service."""
    page = PAGES["reference/errors.md"]
    services = {
        "## Associations (EKS)": error_classes(eks, EKSError),
        "## EKS Auth": error_classes(eksauth, EKSError),
        "## Event history (CloudTrail)": [
            error
            for error in error_classes(cloudtrail, JsonRESTError)
            if error is not cloudtrail.CloudTrailError
        ],
    }
    ended = page.split("## Credentials of a session that has ended")[1]
    for heading, classes in services.items():
        section = page.split(heading)[1].split("\n## ")[0] + ended
        for error in classes:
            if error.TYPE is not None:
                status = getattr(error, "STATUS", error.code)
                assert f"`{error.TYPE}` | {status} |" in section, (heading, error)
    section = page.split("## STS")[1]
    for error in error_classes(sts, sts.ServiceException):
        if error is not sts.STSError:
            assert f"`{error.code}` | {error.status or 400} |" in section, error
    section = page.split("## Policy simulator (IAM)")[1].split("\n## ")[0]
    for error in error_classes(iam, iam.ServiceException):
        if error is not iam.SimulationError:
            status = 404 if error is iam.NoSuchEntity else 400
            assert f"`{error.code}` | {status} |" in section, error


PLACES = {
    "account_id": "ACCOUNT_ID",
    "association_id": "ID",
    "update_id": "ID",
    "name": "NAME",
    "service_account": "NAME",
    "addon_name": "ADDON",
    "cluster_name": "CLUSTER",
    "problems": "PROBLEMS",
    "quota": "QUOTA",
    "version": "VERSION",
    "region": "REGION",
    "arn": "ARN",
    "detail": "DETAIL",
    "action": "ACTION",
    "percent": "PERCENT",
    "issuer": "ISSUER",
    "now": "NOW",
    "expiry": "EXPIRY",
    "keys": "KEYS",
    "parameter": "PARAMETER",
    "account": "ACCOUNT",
    "other": "OTHER",
    "number": "NUMBER",
    "level": "LEVEL",
    "resource": "RESOURCE",
    "owner": "OWNER",
    "kind": "KIND",
    "count": "COUNT",
    "form": "FORM",
}

TEXTS = {
    "eks": [
        *eks.OUR_CHOICE.values(),
        *(
            value
            for name, value in vars(eks).items()
            if name.isupper() and name[0] != "_" and isinstance(value, str)
        ),
    ],
    "eks rules": [message(eks.refusal(InvalidAssociation(rule, "PLACE"))) for rule in Rule],
    "eks auth": [
        *eksauth.OUR_CHOICE.values(),
        eksauth.UNAUTHORIZED,
        eksauth.NO_ASSOCIATION,
        eksauth.EXPIRED,
    ],
    "sts": [
        *sts.OUR_CHOICE.values(),
        sts.CHAINING_LIMIT,
        sts.PACKED,
        sts.WEB_IDENTITY_DENIED,
        sts.NO_PROVIDER,
        sts.WRONG_AUDIENCE,
        sts.NO_KEY,
        sts.NOT_A_JWT,
        sts.TOKEN_EXPIRED,
        *sts.BAD_ROLE_ARN.values(),
    ],
    "cloudtrail": list(cloudtrail.OUR_CHOICE.values()),
    "iam": [
        *iam.OUR_CHOICE.values(),
        *(value for name, value in vars(iam).items() if name.isupper() and isinstance(value, str)),
    ],
}


@pytest.mark.parametrize("text", [text for texts in TEXTS.values() for text in texts])
def test_error_text_is_undocumented(text: str) -> None:
    """The page of errors quotes every text, values in capital letters."""
    for place, shown in PLACES.items():
        text = text.replace(f"{{{place}}}", shown)
    assert any(
        text.replace("PLACE", shown) in without_markup("reference/errors.md")
        for shown in ("REASON", "PERCENT")
    )


@pytest.mark.parametrize("rule", SessionTagRule)
def test_session_tag_rule_is_undocumented(rule: SessionTagRule) -> None:
    """The page of errors has STS's text for every rule of session tags."""
    text = sts.tag_refusal(InvalidSessionTags(rule, position=1, value="TEXT")).message
    text = re.sub(r"tags\.1\.member\.\w+", "tags.N.member.key", text)
    beginning = text.split(" failed to satisfy constraint")[0]
    assert beginning in without_markup("reference/errors.md")


def test_setting_relaxes_nothing_that_is_documented() -> None:
    """The page of errors says for each setting which error it relaxes, if it does."""
    page = PAGES["reference/errors.md"]
    relaxing = [name for name in settings.SETTINGS if not name.startswith("cloudtrail_")]
    assert [name for name in relaxing if f"| `{name}`" not in page] == []
