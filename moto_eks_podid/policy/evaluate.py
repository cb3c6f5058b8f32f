"""The decision: explicit denies first, then which policies have to allow.

Follows "Policy evaluation logic", "Cross-account policy evaluation logic" and "Permissions
boundaries for IAM entities" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from .document import Document, Source, Statement
from .principals import Naming
from .request import Facts, Request

if TYPE_CHECKING:
    from .explain import Explanation

#: A document, several documents, or none.
Sources: TypeAlias = "Source | Iterable[Source] | None"

#: "No permissions are required to perform this operation", not even against an explicit deny.
ALWAYS_ALLOWED: Final = frozenset({"sts:getcalleridentity"})


class Word(str, Enum):
    """The outcome of a decision."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitly denied"
    EXPLICITLY_DENIED = "explicitly denied"

    def __str__(self) -> str:
        return self.value


class PolicyKind(str, Enum):
    """Where a policy is attached; a role's trust policy is its resource policy."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"

    def __str__(self) -> str:
        return self.value


class Policies(NamedTuple):
    """The documents of a decision, by kind; the field names are `PolicyKind`'s values."""

    identity: tuple[Document, ...]
    boundary: tuple[Document, ...]
    session: tuple[Document, ...]
    resource: tuple[Document, ...]

    def of(self, kind: PolicyKind) -> tuple[Document, ...]:
        """The documents of one kind."""
        found: tuple[Document, ...] = getattr(self, kind.value)
        return found


# A tuple for the same reason as a Request.
class Decision(NamedTuple):
    """What was decided, by which kind of policy, and on request why.

    :param decided_by: the kind that denied, that allowed, or that was the first to be silent;
        None when no policy had a say
    """

    word: Word
    decided_by: PolicyKind | None
    request: Request
    policies: Policies

    @property
    def allowed(self) -> bool:
        """Whether the request may proceed."""
        return self.word is Word.ALLOWED

    @property
    def explanation(self) -> Explanation:
        """Every statement that was considered, and what its conditions compared.

        Made anew on each access: a decision that nobody asks about costs nothing extra.
        """
        from .explain import explain

        return explain(self)

    def explain(self) -> str:
        """The explanation as text, one line for each statement and condition."""
        return str(self.explanation)

    def __str__(self) -> str:
        return self.explain()


def evaluate(
    request: Request,
    identity: Sources = (),
    resource: Sources = None,
    session: Sources = None,
    boundary: Sources = None,
) -> Decision:
    """Judge a request.

    Where several documents of one kind are given, one of them must allow and none may deny.

    :param identity: policies of the user or role, and of the user's groups
    :param resource: the policy of the resource; for a role, its trust policy
    :param session: the policies passed when the session was made; None when none were
    :param boundary: the permissions boundary; None when there is none
    :returns: the decision; `Decision.decided_by` follows the order resource, boundary, session,
        identity for an explicit deny, and identity, boundary, session, resource for an implicit one
    :raises MalformedPolicy: when a document cannot be read
    """
    facts = Facts(request)
    policies = Policies(
        _documents(identity),
        () if boundary is None else _documents(boundary),
        () if session is None else _documents(session),
        () if resource is None else _documents(resource),
    )
    word, decided_by = _judge(facts, policies)
    return Decision(word, decided_by, request, policies)


def _documents(sources: Sources) -> tuple[Document, ...]:
    if sources is None:
        return ()
    # Asked first, because asking whether something is a Mapping is slow when it is not.
    if not isinstance(sources, (list, tuple)) and isinstance(
        sources, (Document, str, bytes, Mapping)
    ):
        return (Document.parse(sources),)
    return tuple([one if one.__class__ is Document else Document.parse(one) for one in sources])


class Verdict(NamedTuple):
    """A word, and the kind of policy that it is due to."""

    word: Word
    decided_by: PolicyKind | None


# Made once: looking up a member of an Enum costs more than comparing a condition.
_UNCONDITIONAL: Final = Verdict(Word.ALLOWED, None)
_ALLOWED_BY_IDENTITY: Final = Verdict(Word.ALLOWED, PolicyKind.IDENTITY)
_ALLOWED_BY_RESOURCE: Final = Verdict(Word.ALLOWED, PolicyKind.RESOURCE)
_IDENTITY_SILENT: Final = Verdict(Word.IMPLICITLY_DENIED, PolicyKind.IDENTITY)
_BOUNDARY_SILENT: Final = Verdict(Word.IMPLICITLY_DENIED, PolicyKind.BOUNDARY)
_SESSION_SILENT: Final = Verdict(Word.IMPLICITLY_DENIED, PolicyKind.SESSION)
_RESOURCE_SILENT: Final = Verdict(Word.IMPLICITLY_DENIED, PolicyKind.RESOURCE)
_DENIED_BY_IDENTITY: Final = Verdict(Word.EXPLICITLY_DENIED, PolicyKind.IDENTITY)
_DENIED_BY_BOUNDARY: Final = Verdict(Word.EXPLICITLY_DENIED, PolicyKind.BOUNDARY)
_DENIED_BY_SESSION: Final = Verdict(Word.EXPLICITLY_DENIED, PolicyKind.SESSION)
_DENIED_BY_RESOURCE: Final = Verdict(Word.EXPLICITLY_DENIED, PolicyKind.RESOURCE)


def _judge(facts: Facts, policies: Policies) -> Verdict:
    if facts.action in ALWAYS_ALLOWED:
        return _UNCONDITIONAL
    return _explicit_deny(facts, policies) or _implicit(facts, policies)


def _explicit_deny(facts: Facts, policies: Policies) -> Verdict | None:
    identity, boundary, session, resource = policies
    if resource and _resource_denies(facts, resource, bounded=bool(boundary)):
        return _DENIED_BY_RESOURCE
    if boundary and _denies(facts, boundary):
        return _DENIED_BY_BOUNDARY
    if session and _denies(facts, session):
        return _DENIED_BY_SESSION
    if _denies(facts, identity):
        return _DENIED_BY_IDENTITY
    return None


def _implicit(facts: Facts, policies: Policies) -> Verdict:
    """What follows when nothing denies: who has to allow, and who is the first not to."""
    identity, boundary, session, resource = policies
    caller = facts.caller
    grant = _resource_grant(facts, resource) if resource else None
    if not caller.has_identity_policies:
        return _RESOURCE_SILENT if grant is None else _ALLOWED_BY_RESOURCE
    crosses = facts.crosses_accounts
    identity_may_be_silent = False
    if grant is not None and not crosses:
        if grant is Naming.DIRECT:
            return _ALLOWED_BY_RESOURCE
        identity_may_be_silent = grant is Naming.ROLE
    if not identity_may_be_silent and not caller.is_root and not _allows(facts, identity):
        return _IDENTITY_SILENT
    if boundary and not _allows(facts, boundary):
        return _BOUNDARY_SILENT
    if session and not _allows(facts, session):
        return _SESSION_SILENT
    if grant is None and (crosses or facts.is_trust or (resource and facts.is_kms_key)):
        return _RESOURCE_SILENT
    return _ALLOWED_BY_RESOURCE if identity_may_be_silent else _ALLOWED_BY_IDENTITY


def _resource_denies(facts: Facts, documents: tuple[Document, ...], *, bounded: bool) -> bool:
    return any(
        statement.principal is not None
        and statement.principal.denies(facts.caller, bounded=bounded)
        and applies(statement, facts)
        for document in documents
        for statement in document.denies
    )


def _resource_grant(facts: Facts, documents: tuple[Document, ...]) -> Naming | None:
    """The strongest naming among the resource policy's statements that allow."""
    strongest: Naming | None = None
    for document in documents:
        for statement in document.allows:
            if statement.principal is None:
                continue
            naming = statement.principal.grants(facts.caller)
            if (
                naming is not None
                and (strongest is None or naming > strongest)
                and applies(statement, facts)
            ):
                strongest = naming
    return strongest


# Loops rather than any(), whose generator costs more than most statements.


def _denies(facts: Facts, documents: tuple[Document, ...]) -> bool:
    for document in documents:
        for statement in document.denies:
            if applies(statement, facts):
                return True
    return False


def _allows(facts: Facts, documents: tuple[Document, ...]) -> bool:
    for document in documents:
        for statement in document.allows:
            if applies(statement, facts):
                return True
    return False


def applies(statement: Statement, facts: Facts) -> bool:
    """Whether a statement is about the request, leaving aside whom it names."""
    if not statement.covers_action(facts.action):
        return False
    if not statement.covers_resource(facts.resource, facts.context):
        return False
    if statement.tests:
        context = facts.context()
        for test in statement.tests:
            if not test(context):
                return False
    return True
