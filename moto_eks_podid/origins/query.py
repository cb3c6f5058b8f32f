"""The way back as one query, for engines that speak SQL: the same text for DuckDB and Spark.

It gives the rows that :class:`~.index.Index` gives. A step is a name and a query; the queries of
earlier steps are tables under their names by then. :func:`next_level` is repeated until it gives
nothing. The engines differ in how they read and write JSON, which is what a dialect says.
"""

from __future__ import annotations

from ..identity.associations import SERVICE_PRINCIPAL
from .dialect import BLOCK, CALLER_SCHEMA, ISSUING_SCHEMA, MEMBERS, Dialect
from .issuing import DELETING, ISSUING_EVENTS, POD_TAGS, SUBJECT_PREFIX
from .origin import IRSA, POD_IDENTITY


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(map(_text, values))


def issuing_calls(dialect: Dialect, records: str = "records") -> str:
    """Return the query for ``calls``: what the records that lead back to a pod tell.

    :param records: a table with a column ``record``, the JSON text of one record
    """
    tags = ",\n  ".join(
        f"coalesce({dialect.tag('r.requestParameters.tags', tag)}, "
        f"r.requestParameters.incomingTransitiveTags[{_text(tag)}]) AS {column}"
        for tag, column in POD_TAGS.items()
    )
    wanted = "\n    OR ".join(
        f"(r.eventSource = {_text(source)} AND r.eventName IN ({_texts(names)}))"
        for source, names in ISSUING_EVENTS.items()
    )
    # Most records have none of these names, and are not read as JSON.
    names = [name for names in ISSUING_EVENTS.values() for name in names]
    worth_reading = "\n      OR ".join(
        f"record LIKE {_text(f'%{chr(34)}{name}{chr(34)}%')}" for name in names
    )
    return f"""
SELECT
  r.eventID AS event_id,
  r.sharedEventID AS shared_event_id,
  r.eventTime AS time,
  r.eventName AS event_name,
  r.awsRegion AS region,
  r.recipientAccountId AS account,
  r.userIdentity.arn AS caller_arn,
  r.userIdentity.accessKeyId AS parent,
  coalesce(r.userIdentity.type = 'AWSService', false) AS by_service,
  coalesce(r.userIdentity.invokedBy = {_text(SERVICE_PRINCIPAL)}, false)
    OR coalesce(r.sourceIPAddress = {_text(SERVICE_PRINCIPAL)}, false) AS by_pods,
  coalesce(r.responseElements.subjectFromWebIdentityToken, r.userIdentity.userName) AS subject,
  coalesce(r.responseElements.provider, r.userIdentity.identityProvider) AS provider,
  r.requestParameters.clusterName AS called_cluster,
  r.requestParameters.roleArn AS role_arn,
  r.responseElements.credentials.accessKeyId AS access_key_id,
  r.responseElements.assumedRoleUser.arn AS session_arn,
  r.responseElements.assumedRoleUser.assumedRoleId AS assumed_role_id,
  {tags},
  r.requestParameters.associationId AS association_id,
  r.responseElements.association.associationArn AS association_arn,
  r.responseElements.association.clusterName AS association_cluster,
  r.responseElements.association.namespace AS association_namespace,
  r.responseElements.association.serviceAccount AS association_service_account,
  try_cast(r.responseElements.association.createdAt AS double) AS association_created,
  r.responseElements.cluster.identity.oidc.issuer AS issuer,
  r.responseElements.cluster.name AS issuer_cluster,
  r.responseElements.cluster.arn AS issuer_cluster_arn
FROM (
  SELECT {dialect.parse("record", ISSUING_SCHEMA)} AS r
  FROM {records}
  WHERE {worth_reading}
) AS parsed
WHERE coalesce(r.errorCode, '') = '' AND ({wanted})
"""


#: What the records of one call, and those of one session, tell together.
_MERGED = """
  min(time) AS time,
  max(parent) AS parent,
  bool_or(by_pods) AS by_pods,
  bool_or(by_service) AS by_service,
  max(role_arn) AS role_arn,
  max(session_arn) AS session_arn,
  max(assumed_role_id) AS assumed_role_id,
  max(subject) AS subject,
  max(provider) AS provider,
  max(cluster_arn) AS cluster_arn,
  max(cluster_name) AS cluster_name,
  max(namespace) AS namespace,
  max(service_account) AS service_account,
  max(pod_name) AS pod_name,
  max(pod_uid) AS pod_uid
"""


def steps(dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """Return the steps from ``calls`` to ``level``, which holds the pods' first sessions."""
    of_irsa = f"m.mechanism = {_text(IRSA)}"
    return (
        (
            "sessions",
            f"""
SELECT access_key_id, {_MERGED}
FROM (
  SELECT max(access_key_id) AS access_key_id, {_MERGED}
  FROM (
    SELECT *, coalesce(shared_event_id, event_id, access_key_id) AS call_id
    FROM calls
    WHERE event_name IN ({_texts(ISSUING_EVENTS["sts.amazonaws.com"])})
  ) AS issued
  GROUP BY call_id
) AS whole_calls
WHERE access_key_id IS NOT NULL
GROUP BY access_key_id
""",
        ),
        (
            "marked",
            f"""
SELECT s.*,
  split_part(s.cluster_arn, ':', 5) AS account,
  split_part(s.cluster_arn, ':', 4) AS region,
  'https://' || split_part(s.provider, ':oidc-provider/', 2) AS token_issuer,
  split_part(s.subject, ':', 3) AS subject_namespace,
  split_part(s.subject, ':', 4) AS subject_account,
  split_part(s.session_arn, '/', 3) AS session_name,
  CASE
    WHEN s.subject LIKE {_text(SUBJECT_PREFIX + "%")} AND s.provider LIKE '%:oidc-provider/_%'
      THEN {_text(IRSA)}
    WHEN s.by_pods AND (s.by_service OR (s.cluster_name <> '' AND p.access_key_id IS NULL))
      THEN {_text(POD_IDENTITY)}
  END AS mechanism
FROM sessions AS s LEFT JOIN sessions AS p ON s.parent = p.access_key_id
""",
        ),
        (
            "issuers",
            """
SELECT issuer, max(issuer_cluster) AS issuer_cluster, max(issuer_cluster_arn) AS issuer_cluster_arn
FROM calls
WHERE issuer IS NOT NULL
GROUP BY issuer
""",
        ),
        (
            "associations",
            f"""
SELECT
  max(association_arn) AS association_arn,
  split_part(max(association_arn), ':podidentityassociation/', 1) || ':cluster/'
    || max(association_cluster) AS cluster_arn,
  max(association_namespace) AS namespace,
  max(association_service_account) AS service_account,
  min(CASE WHEN event_name <> {_text(DELETING)} THEN time END) AS since,
  min(association_created) AS created,
  max(CASE WHEN event_name = {_text(DELETING)} THEN time END) AS until
FROM (
  SELECT *, coalesce(split_part(association_arn, '/', 3), association_id) AS known_as
  FROM calls
  WHERE event_name LIKE '%PodIdentityAssociation'
) AS changes
WHERE known_as IS NOT NULL
GROUP BY known_as
""",
        ),
        (
            "associated",
            f"""
SELECT access_key_id, association_arn
FROM (
  SELECT m.access_key_id, a.association_arn, row_number() OVER (
    PARTITION BY m.access_key_id
    ORDER BY a.since DESC, coalesce(a.created, 0) DESC, a.association_arn DESC
  ) AS place
  FROM marked AS m JOIN associations AS a
    ON m.cluster_arn = a.cluster_arn
    AND m.namespace = a.namespace
    AND m.service_account = a.service_account
    AND a.since <= m.time
    AND coalesce(a.until, '~') >= m.time
  WHERE m.mechanism = {_text(POD_IDENTITY)}
) AS ranked
WHERE place = 1
""",
        ),
        (
            "pods_at",
            """
SELECT account, region, cluster_name, time, count(*) AS pods
FROM marked
WHERE by_pods AND by_service
GROUP BY account, region, cluster_name, time
""",
        ),
        (
            "nodes",
            """
SELECT c.account, c.region, c.called_cluster, c.time, max(c.caller_arn) AS node
FROM calls AS c LEFT JOIN pods_at AS p
  ON c.account = p.account AND c.region = p.region
  AND c.called_cluster = p.cluster_name AND c.time = p.time
WHERE c.event_name = 'AssumeRoleForPodIdentity'
GROUP BY c.account, c.region, c.called_cluster, c.time
HAVING count(DISTINCT coalesce(c.caller_arn, '')) = 1
  AND count(DISTINCT coalesce(c.event_id, '')) >= coalesce(max(p.pods), 0)
""",
        ),
        (
            "level",
            f"""
SELECT
  m.access_key_id,
  m.session_arn,
  m.session_name,
  m.assumed_role_id,
  m.time,
  m.mechanism,
  coalesce(i.issuer_cluster, m.cluster_name) AS cluster_name,
  coalesce(i.issuer_cluster_arn, m.cluster_arn) AS cluster_arn,
  nullif(CASE WHEN {of_irsa} THEN m.subject_namespace ELSE m.namespace END, '') AS namespace,
  nullif(CASE WHEN {of_irsa} THEN m.subject_account ELSE m.service_account END, '')
    AS service_account,
  m.pod_name,
  m.pod_uid,
  m.role_arn,
  a.association_arn,
  CASE WHEN {of_irsa} THEN m.token_issuer END AS issuer,
  n.node,
  {_link(dialect, "m")} AS chain
FROM marked AS m
LEFT JOIN issuers AS i ON {of_irsa} AND m.token_issuer = i.issuer
LEFT JOIN associated AS a ON m.access_key_id = a.access_key_id
LEFT JOIN nodes AS n ON m.mechanism = {_text(POD_IDENTITY)}
  AND m.account = n.account AND m.region = n.region
  AND m.cluster_name = n.called_cluster AND m.time = n.time
WHERE m.mechanism IS NOT NULL
""",
        ),
    )


def _link(dialect: Dialect, session: str) -> str:
    return dialect.json_object(
        {
            "access_key_id": f"{session}.access_key_id",
            "arn": f"{session}.session_arn",
            "role_arn": f"{session}.role_arn",
            "account": f"nullif(split_part({session}.role_arn, ':', 5), '')",
        }
    )


def next_level(dialect: Dialect) -> str:
    """Return the query for the sessions that those in ``level`` assumed.

    Each session has one caller, and those in a circle never have one that leads to a pod, so this
    comes to an end.
    """
    inherited = ", ".join(f"o.{member}" for member in MEMBERS)
    return f"""
SELECT s.access_key_id, s.session_arn, s.session_name, s.assumed_role_id, s.time, {inherited},
  o.chain || ',' || {_link(dialect, "s")} AS chain
FROM level AS o JOIN marked AS s ON s.parent = o.access_key_id
WHERE s.mechanism IS NULL
"""


def keyed(dialect: Dialect) -> str:
    """Return the query for ``keyed``: each session's origin as JSON.

    ``only_one`` tells whether no other session has the same ``assumed_role_id``.
    """
    members = dialect.json_object({member: f"o.{member}" for member in MEMBERS})
    return f"""
SELECT o.access_key_id, o.assumed_role_id, coalesce(n.sessions = 1, false) AS only_one,
  substr({members}, 1, length({members}) - 1) || ',"chain":[' || o.chain || ']}}' AS origin
FROM origins AS o
LEFT JOIN (
  SELECT assumed_role_id, count(*) AS sessions FROM sessions GROUP BY assumed_role_id
) AS n ON o.assumed_role_id = n.assumed_role_id
"""


def traced(dialect: Dialect, records: str = "records") -> str:
    """Return the query for each record with the origin of its caller, null where there is none.

    It needs the table of :func:`keyed`.

    :param records: a table with a column ``record``
    """
    return f"""
SELECT
  c.record,
  c.event_id,
  c.already,
  coalesce(by_caller.origin, by_answer.origin, by_name.origin) AS origin
FROM (
  SELECT
    record,
    r.eventID AS event_id,
    r.userIdentity.accessKeyId AS caller,
    r.responseElements.credentials.accessKeyId AS given,
    CASE
      WHEN r.userIdentity.accessKeyId IS NULL AND r.responseElements.credentials.accessKeyId IS NULL
        THEN r.userIdentity.principalId
    END AS role_id,
    r.{BLOCK} IS NOT NULL OR record LIKE '%,"{BLOCK}":null}}' AS already
  FROM (
    SELECT record, {dialect.parse("record", CALLER_SCHEMA)} AS r FROM {records}
  ) AS parsed
) AS c
LEFT JOIN keyed AS by_caller ON c.caller = by_caller.access_key_id
LEFT JOIN keyed AS by_answer ON c.given = by_answer.access_key_id
LEFT JOIN keyed AS by_name ON c.role_id = by_name.assumed_role_id AND by_name.only_one
"""


def enriched(dialect: Dialect, records: str = "records") -> str:
    """Return the query for each record as one line of JSON, with the block added.

    :param records: a table with a column ``record``
    """
    # Inside of strings JSON has no line breaks. Looking for one is much faster than replacing.
    return f"""
SELECT
  CASE
    WHEN already THEN one_line
    ELSE substr(one_line, 1, length(one_line) - 1)
      || ',"{BLOCK}":' || coalesce(origin, 'null') || '}}'
  END AS line
FROM (
  SELECT
    trim(CASE
      WHEN instr(record, chr(10)) = 0 AND instr(record, chr(13)) = 0 THEN record
      ELSE translate(record, chr(13) || chr(10), '  ')
    END) AS one_line,
    already,
    origin
  FROM ({traced(dialect, records)}) AS traced
) AS lines
"""
