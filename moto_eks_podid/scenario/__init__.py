"""Scenario files: clusters, roles, policies, associations and pods as YAML.

Reading and checking are rules alone; ``making`` and ``loading`` speak to AWS.
"""

from __future__ import annotations
