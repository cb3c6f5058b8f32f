"""A resource that cannot be made, changed or deleted, and what a stack's events say about it.

The texts are those of events that CloudFormation users published.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError
from moto.core.exceptions import ServiceException
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException

from .forwarding import ServiceRefusal

#: How a service of moto's, and ours when CloudFormation calls it, says no.
REFUSALS = (ServiceException, HTTPException, ServiceRefusal)


class Action(str, Enum):
    """What was to become of a resource; the first word of the status that tells of its failure."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class InvalidProperties(Exception):
    """A template's properties break the schema of their resource type."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


class Unsupported(Exception):
    """What a template asks for is something that moto cannot do."""


class ResourceFailure(CloudFormationError):
    """One resource failed, and with it its stack.

    ``stack_id`` is the stack's; ``rolled_back`` says whether a failed update could be undone. When
    nobody handles it, as in a stack set, the call is refused.
    """

    code = "ValidationError"

    def __init__(
        self,
        action: Action,
        stack_id: str,
        logical_id: str,
        resource_type: str,
        physical_id: str | None,
        reason: str,
    ) -> None:
        super().__init__(reason)
        self.action = action
        self.stack_id = stack_id
        self.logical_id = logical_id
        self.resource_type = resource_type
        self.physical_id = physical_id
        self.reason = reason
        self.rolled_back = True

    @property
    def summary(self) -> str:
        """What the stack's own event says."""
        verb = self.action.value.lower()
        return f"The following resource(s) failed to {verb}: [{self.logical_id}]. "


#: Error code of EKS -> the word by which CloudFormation classes it ("Resource type handler error
#: codes", CloudFormation CLI User Guide).
_HANDLER_ERROR_CODES = {
    "AccessDeniedException": "AccessDenied",
    "BadRequestException": "InvalidRequest",
    "InvalidParameterException": "InvalidRequest",
    "InvalidRequestException": "InvalidRequest",
    "NotFoundException": "NotFound",
    "ResourceInUseException": "AlreadyExists",
    "ResourceLimitExceededException": "ServiceLimitExceeded",
    "ResourceNotFoundException": "NotFound",
    "ServerException": "ServiceInternalError",
    "ThrottlingException": "Throttling",
}
_OTHER_ERROR = "GeneralServiceException"


def reason_of(failure: Exception, logical_id: str, resource_type: str) -> str:
    """Return what the event of a failed resource says."""
    if isinstance(failure, InvalidProperties):
        problems = ", ".join(failure.problems)
        return f"Properties validation failed for resource {logical_id} with message:\n[{problems}]"
    if isinstance(failure, ResourceFailure):
        # A nested stack's.
        done = f"{failure.action.value.lower()}d"
        return f"Embedded stack {failure.stack_id} was not successfully {done}: {failure.summary}"
    if isinstance(failure, ServiceRefusal):
        service = failure.service.capitalize()
        text = (
            f"{failure.message} (Service: {service}, Status Code: {failure.status}, "
            f"Request ID: {failure.request_id})"
        )
        word = _HANDLER_ERROR_CODES.get(failure.code, _OTHER_ERROR)
    else:
        text, word = _text_of(failure), _OTHER_ERROR
    token = mock_random.uuid4()
    return (
        f'Resource handler returned message: "{text}" '
        f"(RequestToken: {token}, HandlerErrorCode: {word})"
    )


def _text_of(failure: Any) -> str:
    return str(
        getattr(failure, "message", None) or getattr(failure, "description", None) or failure
    )
