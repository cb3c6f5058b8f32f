"""The ARNs of roles, in any partition."""

from __future__ import annotations

import re
from typing import Final

#: ``arn:PARTITION:iam::ACCOUNT:role/NAME``, with a path before the name or none.
ROLE_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/[\x21-\x7e]+", re.ASCII
)
