"""BatchGetSecretValue: the secrets that the caller may read, and an error for each of the others.

Follows "BatchGetSecretValue" and "APIErrorType" (Secrets Manager API Reference).
"""

from __future__ import annotations

import json
from typing import Any, Final

from .credentials import Caller
from .denial_texts import denial_text
from .judgement import Judgement
from .refusals import REFUSALS
from .requested_call import RequestedCall

_SERVICE: Final = "secretsmanager"
_OPERATION: Final = "BatchGetSecretValue"
_OF_ONE_SECRET: Final = "secretsmanager:GetSecretValue"


def reads_several(call: RequestedCall) -> bool:
    """Tell whether a call is answered for each of its secrets."""
    return call.service == _SERVICE and call.operation == _OPERATION


def leave_out(response: Any, caller: Caller, judgement: Judgement) -> bool:
    """Have moto's answer leave out the secrets that the caller may not read, and say so.

    :param response: moto's response object of the request, before its operation is called
    :returns: False when what was refused is no single secret: the call is then refused as a whole
    """
    refused = [one for one in judgement.decided if not one.decision.allowed]
    if any(one.need.action != _OF_ONE_SECRET for one in refused):
        return False
    errors = {
        one.need.resource: {
            "SecretId": one.need.shown_resource or one.need.resource,
            "ErrorCode": REFUSALS["json"]["denied"].code,
            "Message": denial_text(caller.arn, one.need, one.decision, _SERVICE),
        }
        for one in refused
    }
    names = {error["SecretId"] for error in errors.values()}
    answer_of_moto = response.batch_get_secret_value

    def answer() -> str:
        answered = json.loads(answer_of_moto())
        secrets, failed = answered["SecretValues"], answered["Errors"]
        answered["SecretValues"] = [one for one in secrets if one["ARN"] not in errors]
        # A caller that may not read a secret does not learn that there is none.
        others = [one for one in failed if one["SecretId"] not in names]
        answered["Errors"] = [*others, *errors.values()]
        return json.dumps(answered)

    response.batch_get_secret_value = answer
    return True
