"""From an API call to the permissions that it needs.

One table says which actions an operation needs, on which resources; a module holds the rows of one
service. Operations are not actions: a list of objects needs ``s3:ListBucket`` on the bucket, a
transaction the action of each of its parts. Follows the "Service Authorization Reference", and
real responses where they say more.
"""

from __future__ import annotations

from .call import ANY, Call, Need
from .table import known, needs

__all__ = ["ANY", "Call", "Need", "known", "needs"]
