"""A call about another account's resource is done there: moto does it in the caller's account."""

from __future__ import annotations

from typing import Any, Final

from .judgement import Judgement
from .requested_call import RequestedCall

#: Services whose resources have policies, and of which moto looks for a resource in one account
#: alone, whatever its ARN or URL says. S3 and SNS go by names and ARNs.
_IN_ONE_ACCOUNT: Final = frozenset({"dynamodb", "events", "kms", "lambda", "secretsmanager", "sqs"})
_IN_SEVERAL: Final = "moto does a call in one account, not in several: {accounts}"


def go_to_owner(response: Any, call: RequestedCall, judgement: Judgement) -> str | None:
    """Have moto do a call in the account that it was judged for.

    :param response: moto's response object of the request, before its operation is called
    :param judgement: of the call; what was refused of it counts, too, where the rest is done
    :returns: what is said to a caller whose call is about several accounts; None for any other
    """
    if call.service not in _IN_ONE_ACCOUNT:
        return None
    accounts = {
        need.resource_account
        for need, _ in judgement.decided
        if need.resource_account is not None and need.action.startswith(f"{call.service}:")
    }
    if len(accounts) > 1:
        return _IN_SEVERAL.format(accounts=", ".join(sorted(accounts)))
    for account in accounts:
        response.current_account = account
    return None
