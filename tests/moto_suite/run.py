"""Run moto's own tests without and with the plugin, and compare what becomes of each test.

The tests come from the source distribution of the moto that is installed. A test whose outcome
differs must be listed, with its reason, in ``expected_differences.json``; a listed test that does
not differ is an error as well. Tests that moto marks as needing Docker or a network are left out.

Usage: ``python tests/moto_suite/run.py [FOLDER ...]``, where FOLDER is one of :data:`FOLDERS`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "moto-suite"
EXPECTED = HERE / "expected_differences.json"

#: moto's tests of the server's application, of all services that have no folder here.
SERVER = "server"
#: The longest first, which is what keeps two workers busy to the end.
FOLDERS = ("eks", "core", SERVER, "iam", "sts", "cloudtrail")
WORKERS = 2
TIMEOUT_SECONDS = 1200

#: What pytest is told in the half without the plugin and in the half with it.
HALVES = {"plain": (), "plugin": ("-p", "moto_eks_podid.pytest_plugin")}

#: moto's markers, so that pytest knows them without moto's own pyproject.toml.
_PYTEST_INI = """\
[pytest]
markers =
    aws_verified
    network
    order
    requires_clean_slate
    requires_docker
"""


class SuiteError(Exception):
    """The comparison could not be made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test: pytest's word for it and, of a failure, the first line."""

    word: str
    message: str = ""


#: A test that one of the halves did not run.
ABSENT = Outcome("absent")

Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Difference:
    """A test that fares differently with the plugin."""

    test: str
    plain: Outcome
    plugin: Outcome

    def __str__(self) -> str:
        line = f"{self.test}: {self.plain.word} without the plugin, {self.plugin.word} with it"
        message = self.plugin.message or self.plain.message
        return f"{line}\n    {message}" if message else line


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two halves side by side, judged by the list of expected differences."""

    tests: int
    differences: tuple[Difference, ...]
    unexpected: tuple[Difference, ...]
    stale: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the list describes exactly what differs."""
        return not self.unexpected and not self.stale

    def __str__(self) -> str:
        expected = len(self.differences) - len(self.unexpected)
        return (
            f"moto suite: {self.tests} tests, {len(self.differences)} differences "
            f"({expected} expected)"
        )


def compare(plain: Outcomes, plugin: Outcomes, expected: Iterable[str]) -> Comparison:
    """Compare the outcomes of the two halves test by test.

    :param expected: ids of the tests that ought to differ
    """
    expected = set(expected)
    tests = sorted({*plain, *plugin})
    differences = tuple(
        Difference(test, plain.get(test, ABSENT), plugin.get(test, ABSENT))
        for test in tests
        if plain.get(test, ABSENT).word != plugin.get(test, ABSENT).word
    )
    return Comparison(
        tests=len(tests),
        differences=differences,
        unexpected=tuple(each for each in differences if each.test not in expected),
        stale=tuple(sorted(expected - {each.test for each in differences})),
    )


def tally(outcomes: Outcomes) -> str:
    """Count the outcomes in the manner of pytest's closing line."""
    counts = Counter(outcome.word for outcome in outcomes.values())
    words = ("passed", "failed", *sorted(counts.keys() - {"passed", "failed"}))
    return ", ".join(f"{counts[word]} {word}" for word in words)


def folder_of(test: str) -> str:
    """Return the folder of a test id: ``iam`` of ``tests/test_iam/test_server.py::test_x``."""
    folder = test.split("/")[1].removeprefix("test_")
    return folder if folder in FOLDERS else SERVER


def _paths(suite: Path, folder: str) -> list[str]:
    if folder != SERVER:
        return [f"tests/test_{folder}"]
    found = (str(path.relative_to(suite)) for path in suite.glob("tests/test_*/test_server*.py"))
    return sorted(path for path in found if folder_of(path) == SERVER)


def fetch(moto_version: str) -> Path:
    """Return a folder with the ``tests`` of that moto, which is downloaded the first time."""
    folder = CACHE / moto_version
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", "moto", "--dest", scratch, f"moto=={moto_version}"]
        if subprocess.run(command, check=False).returncode:
            raise SuiteError(f"the source distribution of moto {moto_version} cannot be had")
        (archive,) = Path(scratch).glob("moto-*.tar.gz")
        unpacked = Path(scratch, "unpacked")
        _unpack_tests(archive, unpacked)
        Path(unpacked, "pytest.ini").write_text(_PYTEST_INI)
        unpacked.rename(folder)
    return folder


def _unpack_tests(archive: Path, target: Path) -> None:
    # tarfile's filters, which would do this, are missing from some releases of 3.10 and 3.11.
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts[1:]
            content = tar.extractfile(member) if member.isfile() else None
            if content is None or parts[:1] != ("tests",) or ".." in parts:
                continue
            path = target.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def _environment(home: Path, report: Path) -> dict[str, str]:
    """Nothing of the caller's AWS, moto or pytest settings, and none of their pytest plugins."""
    foreign = ("AWS_", "MOTO_", "PYTEST_", "TEST_SERVER_MODE", "INITIAL_NO_AUTH_ACTION_COUNT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "HOME": str(home),
        "MOTO_SUITE_REPORT": str(report),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(HERE),
        "TESTS_SKIP_REQUIRES_DOCKER": "true",
    }


def run_half(suite: Path, folder: str, half: str) -> Outcomes:
    """Run moto's tests of one folder in one of the HALVES.

    :raises SuiteError: when pytest did not get as far as running tests, or the wrong half ran
    """
    log = CACHE / f"{folder}-{half}.log"
    report = log.with_suffix(".json")
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *_paths(suite, folder), *HALVES[half]]
    command += ["-p", "outcomes", "-p", "no:cacheprovider", "-q", "--disable-warnings"]
    command += ["-m", "not network and not requires_docker"]
    with tempfile.TemporaryDirectory() as home, log.open("w") as output:
        code = subprocess.run(
            command,
            cwd=suite,
            env=_environment(Path(home), report),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        ).returncode
    # 0: all passed, 1: some failed. With any other code the tests were not all run.
    if code not in (0, 1) or not report.is_file():
        raise SuiteError(f"pytest ended with code {code}:\n{_tail(log)}")
    written = json.loads(report.read_text())
    if written["eks_backend"].startswith("moto_eks_podid") != (half == "plugin"):
        raise SuiteError(f"{folder}, {half}: EKS was answered by {written['eks_backend']!r}")
    return {
        test: Outcome(each["outcome"], each["message"])
        for test, each in written["outcomes"].items()
    }


def _tail(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-30:])


def _run_folder(suite: Path, folder: str) -> dict[str, Outcomes]:
    # One half after the other: some of moto's tests listen on a fixed port.
    results = {}
    for half in HALVES:
        started = time.monotonic()
        results[half] = run_half(suite, folder, half)
        seconds = time.monotonic() - started
        print(f"  {folder}, {half}: {tally(results[half])} ({seconds:.0f} s)", flush=True)
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison, print it, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=", ".join(FOLDERS))
    parser.add_argument("--fresh", action="store_true", help="download moto's tests again")
    options = parser.parse_args(arguments)
    folders = options.folders or FOLDERS
    if unknown := sorted(set(folders) - set(FOLDERS)):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(FOLDERS)}")
    if options.fresh:
        shutil.rmtree(CACHE, ignore_errors=True)

    moto_version = version("moto")
    print(f"moto {moto_version}: {', '.join(folders)}; logs in {CACHE}", flush=True)
    halves: dict[str, dict[str, Outcome]] = {half: {} for half in HALVES}
    try:
        suite = fetch(moto_version)
        with ThreadPoolExecutor(WORKERS) as pool:
            for results in pool.map(lambda folder: _run_folder(suite, folder), folders):
                for half, outcomes in results.items():
                    halves[half].update(outcomes)
    except (SuiteError, subprocess.TimeoutExpired) as error:
        print(f"moto suite: {error}", file=sys.stderr)
        return 2

    expected = {
        test: reason
        for test, reason in json.loads(EXPECTED.read_text()).items()
        if folder_of(test) in folders
    }
    comparison = compare(halves["plain"], halves["plugin"], expected)
    _report(comparison, halves, expected)
    return 0 if comparison.passed else 1


def _report(
    comparison: Comparison, halves: Mapping[str, Outcomes], expected: Mapping[str, str]
) -> None:
    for difference in comparison.differences:
        if difference in comparison.unexpected:
            print(f"unexpected: {difference}")
        else:
            print(f"expected: {difference}\n    because {expected[difference.test]}")
    for test in comparison.stale:
        print(f"listed as a difference, but none: {test}")
    for half, outcomes in halves.items():
        print(f"{half}: {tally(outcomes)}")
    print(comparison)


if __name__ == "__main__":
    sys.exit(main())
