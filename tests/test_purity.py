"""How the package is built: which folders are rules alone, and where moto may be altered."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "moto_eks_podid"

#: Folders of rules; those that do not exist yet are covered the day they are made.
PURE_FOLDERS = ("identity", "policy", "events", "origins", "scenario", "webhook")
#: The modules in them that speak to the world.
EDGES = frozenset(
    {
        "moto_eks_podid.scenario.client",
        "moto_eks_podid.scenario.loading",
        "moto_eks_podid.scenario.made",
        "moto_eks_podid.scenario.making",
        "moto_eks_podid.webhook.server",
    }
)
IMPURE_PACKAGES = frozenset({"moto", "boto3", "botocore", "werkzeug"})


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
PURE = {
    name: path
    for name, path in MODULES.items()
    if path.relative_to(PACKAGE).parts[0] in PURE_FOLDERS and name not in EDGES
}
every_module = pytest.mark.parametrize("name", MODULES)
every_pure_module = pytest.mark.parametrize("name", PURE)


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[str]:
    """Every module that a module imports, wherever in it, by its full name."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            for alias in node.names:
                if f"{source}.{alias.name}" in MODULES:
                    yield f"{source}.{alias.name}"


def test_no_module_is_looked_at() -> None:
    """The walk finds the package and its pure folders."""
    assert "moto_eks_podid._seams" in MODULES
    assert {"moto_eks_podid.identity", "moto_eks_podid.policy"} <= set(PURE)
    assert "moto_eks_podid.identity.errors" in set(imports("moto_eks_podid.identity.issuer"))


@every_pure_module
def test_rules_import_moto(name: str) -> None:
    """Rules import neither moto, nor boto3, nor werkzeug, and of our own only other rules."""
    for imported in imports(name):
        assert imported.partition(".")[0] not in IMPURE_PACKAGES
        if imported.partition(".")[0] == "moto_eks_podid":
            assert imported in PURE


def test_importing_the_rules_loads_moto() -> None:
    """Importing any module of rules loads none of them, by whatever way."""
    script = f"""
import importlib, json, sys
loaded = {{}}
for name in {list(PURE)!r}:
    importlib.import_module(name)
    loaded[name] = sorted({set(IMPURE_PACKAGES)!r} & set(sys.modules))
print(json.dumps(loaded))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: [] for name in PURE}


def test_policy_evaluator_needs_more_than_python() -> None:
    """The policy language is usable with the standard library alone."""
    for name in PURE:
        if name.startswith("moto_eks_podid.policy"):
            outside = {imported.partition(".")[0] for imported in imports(name)}
            assert outside <= {*sys.stdlib_module_names, "moto_eks_podid"}, name


@every_module
def test_module_has_no_docstring(name: str) -> None:
    """Every module says what it is for."""
    assert ast.get_docstring(tree(name))


@every_module
def test_annotations_are_evaluated(name: str) -> None:
    """Every module that has code postpones the evaluation of its annotations."""
    body = tree(name).body
    if len(body) > 1:
        first = body[1]
        assert isinstance(first, ast.ImportFrom)
        assert first.module == "__future__"
        assert [alias.name for alias in first.names] == ["annotations"]


# Who alters moto


def root_name(node: ast.expr) -> str | None:
    """The name that a chain of attributes and subscripts begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def alterations(code: ast.Module) -> Iterator[int]:
    """The lines that assign to, or delete, part of something that was imported from moto."""
    of_moto = set()
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "moto":
            of_moto |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            of_moto |= {
                alias.asname or "moto"
                for alias in node.names
                if alias.name.partition(".")[0] == "moto"
            }
    for node in ast.walk(code):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = list(node.targets)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("setattr", "delattr")
        ):
            targets = [ast.Attribute(node.args[0], "any", ast.Store())]
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            for part in parts:
                if isinstance(part, ast.Attribute | ast.Subscript) and root_name(part) in of_moto:
                    yield node.lineno


ALTERING = (
    "import moto.core\nmoto.core.thing = 1",
    "import moto.core.models as m\nm.thing, other = 1, 2",
    "from moto.eks.models import eks_backends\neks_backends.backend = 1",
    "from moto.core import config\nconfig.default_user_config['x'] = 1",
    "from moto import backend_index\ndel backend_index.backend_url_patterns[0]",
    "from moto import settings\nsettings.x += 1",
    "from moto.core.models import MockAWS\nsetattr(MockAWS, 'start', 1)",
)


@pytest.mark.parametrize("code", ALTERING)
def test_alteration_is_not_recognised(code: str) -> None:
    """The check that follows recognises each way to alter moto."""
    assert list(alterations(ast.parse(code))) == [2]


@every_module
def test_moto_is_altered_beside_the_seams(name: str) -> None:
    """Only the seams assign to anything of moto's; the seams get it as an argument."""
    assert list(alterations(tree(name))) == []


def test_seams_are_applied_by_name() -> None:
    """Only the alterations replace attributes of what they are handed, or modules of Python."""
    setting = {
        name
        for name in MODULES
        for node in ast.walk(tree(name))
        if (isinstance(node, ast.Name) and node.id in ("setattr", "delattr"))
        or (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store | ast.Del)
            and ast.unparse(node.value) == "sys.modules"
        )
    }
    assert setting == {"moto_eks_podid._alterations"}
