"""What is wrong with a policy document, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """An error is what AWS refuses to store; a warning is stored but hardly means what it says."""

    ERROR = "error"
    WARNING = "warning"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a document.

    :param code: a word for programs, such as ``unknown-operator``
    :param path: JSON path of the culprit, such as ``$.Statement[0].Action[1]``
    :param message: a sentence for people
    """

    severity: Severity
    code: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity} {self.code} at {self.path}: {self.message}"


class MalformedPolicy(ValueError):
    """The text or value is no policy document; ``findings`` say why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(str(finding) for finding in self.findings))
