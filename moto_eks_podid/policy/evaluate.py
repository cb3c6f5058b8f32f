"""One decision: all policies that bear on a request, combined as AWS combines them.

Follows "Policy evaluation logic" and "How AWS enforcement code logic evaluates requests" (IAM User
Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from .context import Context, Value
from .document import Document, Statement
from .principals import Caller, Kind, Naming, read_caller

Policy: TypeAlias = str | Mapping[str, Any] | Document


class Word(str, Enum):
    """The outcome of a decision; equal to its text."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitly denied"
    EXPLICITLY_DENIED = "explicitly denied"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Request:
    """What is asked.

    :ivar principal: the ARN of a user, role session or federated provider, the name of a service
        principal, or None for nobody
    :ivar action: such as ``s3:GetObject``; case does not matter
    :ivar resource: an ARN, or ``*`` for an action without resources
    :ivar context: condition keys to a value, or to a list for a multi-valued key; the case of keys
        does not matter
    :ivar resource_account: the twelve digits of the resource's account, where its ARN has none
    :ivar principal_role_arn: the role behind a session; needed when the role has a path
    :ivar principal_id: the unique id of the user or role (``AIDA…``, ``AROA…``)
    """

    principal: str | None
    action: str
    resource: str
    context: Mapping[str, Value] = field(default_factory=dict)
    resource_account: str | None = None
    principal_role_arn: str | None = None
    principal_id: str | None = None


class Policies(NamedTuple):
    """The compiled policies that bear on a request; None where there is no policy of a kind."""

    identity: tuple[Document, ...]
    resource: Document | None
    session: tuple[Document, ...] | None
    boundary: Document | None

    def of_kind(self, kind: str) -> tuple[Document, ...]:
        """Return the documents of one kind: identity, resource, session or boundary."""
        documents = getattr(self, kind)
        if documents is None:
            return ()
        return documents if isinstance(documents, tuple) else (documents,)


@dataclass(frozen=True)
class Decision:
    """A decision, which can explain itself.

    :ivar word: ``allowed``, ``implicitly denied`` or ``explicitly denied``
    :ivar decided_by: the kind of policy that decided: of an explicit denial, the first that denies
        in the order resource, boundary, session, identity; of an implicit one, the first that is
        silent in the order identity, boundary, session, resource; of an allowed request, the kind
        that grants it
    """

    word: Word
    decided_by: str
    request: Request
    policies: Policies

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.word is Word.ALLOWED

    @property
    def explanation(self) -> Any:
        """Every statement with what it compared (a tuple of ``StatementTrace``); made when asked."""
        from .explain import explain

        return explain(self)

    def __str__(self) -> str:
        from .explain import as_text

        return as_text(self)


_NOT, _ITSELF = Naming.NOT, Naming.ITSELF
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
_TRUST_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
_KEY = re.compile(r"arn:[^:]+:kms:[^:]*:\d{12}:key/.+")


def evaluate(
    request: Request,
    identity: Iterable[Policy] = (),
    resource: Policy | None = None,
    session: Policy | Sequence[Policy] | None = None,
    boundary: Policy | None = None,
) -> Decision:
    """Decide one request.

    :param identity: the policies of the principal: of a user and its groups, or of a role
    :param resource: the resource's policy; the trust policy when a role is to be assumed
    :param session: the session's policy, or several (the inline one and managed ones): what any of
        them allows, they allow
    :param boundary: the principal's permissions boundary
    :returns: the decision, which names what decided
    :raises MalformedPolicy: for a policy that is no policy document
    """
    policies = Policies(
        tuple([Document.parse(policy) for policy in identity]),
        None if resource is None else Document.parse(resource),
        _session_documents(session),
        None if boundary is None else Document.parse(boundary),
    )
    word, decided_by = _decide(request, policies)
    return Decision(word, decided_by, request, policies)


def _session_documents(
    session: Policy | Sequence[Policy] | None,
) -> tuple[Document, ...] | None:
    if session is None:
        return None
    if isinstance(session, (str, Mapping, Document)):
        return (Document.parse(session),)
    return tuple(map(Document.parse, session))


class Question:
    """A request as statements are asked about it: folded once for all of them."""

    __slots__ = ("action", "caller", "context", "has_boundary", "resource")

    def __init__(self, request: Request, has_boundary: bool) -> None:
        self.action = request.action.lower()
        self.resource = request.resource
        self.context = Context(request.context)
        self.has_boundary = has_boundary
        self.caller = read_caller(
            request.principal, request.principal_role_arn, request.principal_id
        )

    def naming(self, statement: Statement) -> Naming:
        """Tell how closely a statement of a resource policy names the caller."""
        if statement.principals is not None:
            return statement.principals.name(self.caller)
        if statement.not_principals is not None:
            # Everybody but those named. A denial hits a principal with a boundary in any case.
            named = statement.not_principals.name(self.caller) is not Naming.NOT
            if not statement.allows and self.has_boundary:
                named = False
            return Naming.NOT if named else Naming.EVERYBODY
        return Naming.NOT

    def applies(self, statement: Statement) -> bool:
        """Tell whether a statement is about the action and resource, and its conditions hold."""
        if not statement.action_matches(self.action):
            return False
        about = statement.resource_matches
        if about is not None and not about(self.resource, self.context):
            return False
        # A loop and not all(): no line runs more often in a decision.
        context = self.context
        for holds in statement.tests:
            if not holds(context):
                return False
        return True


# Which kinds of policy must allow, in the order in which a silent one is named.
_RESOURCE = ("resource",)
_RESOURCE_WITHIN_BOUNDS = ("boundary", "session", "resource")
_IDENTITY_WITHIN_BOUNDS = ("identity", "boundary", "session")
_ALL = ("identity", "boundary", "session", "resource")


def _decide(request: Request, policies: Policies) -> tuple[Word, str]:
    """Return the outcome and the kind of policy that decided."""
    question = Question(request, policies.boundary is not None)
    granted = {}
    for kind, documents in (
        ("resource", policies.resource and (policies.resource,)),
        ("boundary", policies.boundary and (policies.boundary,)),
        ("session", policies.session),
        ("identity", policies.identity),
    ):
        # A kind without a policy grants nothing and, but for the bounds, that is what it says.
        best = _NOT
        for document in documents or ():
            grant = _ask(document, question, kind == "resource")
            if grant is None:
                return Word.EXPLICITLY_DENIED, kind
            if grant > best:
                best = grant
        granted[kind] = best
    if policies.boundary is None:
        granted["boundary"] = _ITSELF
    if policies.session is None:
        granted["session"] = _ITSELF
    needed = _needed(request, policies, question.caller, granted["resource"])
    for kind in needed:
        if granted[kind] is _NOT:
            return Word.IMPLICITLY_DENIED, kind
    return Word.ALLOWED, "identity" if needed is _IDENTITY_WITHIN_BOUNDS else "resource"


def _ask(document: Document, question: Question, is_resource_policy: bool) -> Naming | None:
    """Return how closely a document grants the request; None when it denies it."""
    best = _NOT
    for statement in document.statements:
        # Identity, session and boundary policies are about their own principal alone.
        naming = question.naming(statement) if is_resource_policy else _ITSELF
        if naming is _NOT or (statement.allows and naming <= best):
            continue
        if question.applies(statement):
            if not statement.allows:
                return None
            best = naming
    return best


def _needed(
    request: Request, policies: Policies, caller: Caller, naming: Naming
) -> tuple[str, ...]:
    """Return the kinds of policy that must allow, given how closely the resource's names whom."""
    if caller.kind is not Kind.AWS:
        return _RESOURCE
    if not _same_account(request, caller):
        return _ALL
    if naming is _ITSELF:
        return _RESOURCE
    if naming is Naming.ROLE or naming is Naming.EVERYBODY:
        return _RESOURCE_WITHIN_BOUNDS
    return _ALL if _resource_decides(request, policies) else _IDENTITY_WITHIN_BOUNDS


def _same_account(request: Request, caller: Caller) -> bool:
    owner = request.resource_account
    if owner is None:
        parts = request.resource.split(":", 5)
        owner = parts[4] if len(parts) == 6 else ""
    return not owner or owner == caller.account


def _resource_decides(request: Request, policies: Policies) -> bool:
    """Tell whether the resource's own policy must allow even within one account."""
    if request.action.lower().startswith(_TRUST_ACTIONS):
        return _ROLE.fullmatch(request.resource) is not None
    return policies.resource is not None and _KEY.fullmatch(request.resource) is not None
