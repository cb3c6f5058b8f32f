"""What the documents at the top of the repository show and name: it runs, and it is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
MARK = "<!-- the tests run this block -->\n"

BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`(?P<text>[^`\n]+)`")
TARGET = re.compile(r"^(?P<names>[a-z][\w -]*):", re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [block["text"] for block in BLOCK.finditer(README) if block["language"] == language]


@pytest.mark.parametrize("place", [mark.end() for mark in re.finditer(MARK, README)])
def test_readme_s_test_does_not_run(place: int, tmp_path: Path) -> None:
    """Each of the README's tests, pasted into a file, passes as it is."""
    marked = BLOCK.match(README, place)
    assert marked is not None
    assert marked["language"] == "python"
    pasted = tmp_path / "test_pasted.py"
    pasted.write_text(marked["text"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", pasted],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_readme_s_python_does_not_compile() -> None:
    """Every Python block of the README is Python."""
    found = blocks("python")
    assert len(found) > 1
    for text in found:
        compile(text, "README.md", "exec")


def test_dockerfile_is_another_than_the_readme_s() -> None:
    """The Dockerfile that the README shows is the one in the repository."""
    (shown,) = blocks("dockerfile")
    assert (ROOT / "Dockerfile").read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("document", DOCUMENTS)
def test_link_leads_nowhere(document: str) -> None:
    """Every relative link leads to something in the repository."""
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [link["target"] for link in LINK.finditer(text)]
    relative = [target for target in targets if not re.match(r"\w+:|#", target)]
    missing = [name for name in relative if not (ROOT / name.partition("#")[0]).exists()]
    assert missing == []


def test_readme_links_to_nothing() -> None:
    """The README leads to the documentation, the Dockerfile and how to contribute."""
    targets = {link["target"] for link in LINK.finditer(README)}
    assert {"docs/", "Dockerfile", "CONTRIBUTING.md"} <= targets


def named_targets(text: str) -> set[str]:
    """The targets of each `make …` in code; what comes after an option or a variable is none."""
    code = [span["text"] for span in CODE.finditer(text)]
    code += [
        line.removeprefix("$ ")
        for block in BLOCK.finditer(text)
        for line in block["text"].splitlines()
    ]
    return {
        word
        for line in code
        if line.startswith("make ")
        for word in re.split(r"\s+(?=\S*=|-|#)", line)[0].split()[1:]
    }


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_named_make_target_does_not_exist(document: str) -> None:
    """Every `make` target that a document names is one of the Makefile's."""
    named = named_targets((ROOT / document).read_text(encoding="utf-8"))
    assert "test" in named
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = {name for rule in TARGET.finditer(makefile) for name in rule["names"].split()}
    assert named <= declared


def test_makefile_s_help_misses_a_target() -> None:
    """`make help` lists every target that is meant to be called."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    helped = set(re.findall(r'@echo "make ([\w-]+) ', makefile))
    assert set(phony.split()) - {"help", "format"} == helped
