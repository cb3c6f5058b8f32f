"""What a scenario file may hold: the table that checker, schema and documentation use."""

from __future__ import annotations

from typing import Final

from ..identity.associations import (
    MAX_NAMESPACE,
    MAX_SERVICE_ACCOUNT,
    NAMESPACE_PATTERN,
    SERVICE_ACCOUNT_PATTERN,
)
from .documents import PolicyDocument
from .kinds import Flag, ListOf, MapOf, Member, Names, Number, Struct, Text

#: moto's.
DEFAULT_ACCOUNT: Final = "123456789012"
DEFAULT_REGION: Final = "us-east-1"
#: In a file.
MOST_PODS: Final = 1000

_ACCOUNT: Final = Text("an account's twelve digits", r"[0-9]{12}")
_REGION: Final = Text("a region", r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}")
_ROLE_NAME: Final = r"[\w+=,.@-]{1,64}"
_POLICY_NAME: Final = r"[\w+=,.@-]{1,128}"
_CLUSTER_NAME: Final = r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}"
_IAM_ARN: Final = r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):"

#: A role of the file, or one that is there already.
_ROLE: Final = Text(
    "the name of a role in this file, or a role's ARN",
    rf"{_ROLE_NAME}|{_IAM_ARN}role/[\w+=,.@/-]{{1,512}}",
)
_POLICY: Final = Text(
    "the name of a policy in this file, or a policy's ARN",
    rf"{_POLICY_NAME}|{_IAM_ARN}policy/[\w+=,.@/-]{{1,512}}",
)
_CLUSTER: Final = Text(
    "the name of a cluster in this file, or a cluster's ARN",
    rf"{_CLUSTER_NAME}|arn:aws[a-z-]*:eks:[a-z0-9-]{{1,32}}:[0-9]{{12}}:cluster/{_CLUSTER_NAME}",
)
_NAMESPACE: Final = Text(
    "a Kubernetes namespace", rf"(?=.{{1,{MAX_NAMESPACE}}}$){NAMESPACE_PATTERN[1:-1]}"
)
_SERVICE_ACCOUNT: Final = Text(
    "the name of a Kubernetes service account",
    rf"(?=.{{1,{MAX_SERVICE_ACCOUNT}}}$){SERVICE_ACCOUNT_PATTERN[1:-1]}",
)
#: Room for the number of a pod among others.
_POD_NAME: Final = Text("the name of a pod", rf"(?=.{{1,248}}$){SERVICE_ACCOUNT_PATTERN[1:-1]}")
_TAGS: Final = MapOf(
    Text("a tag's value", r"[\s\S]{0,256}"), "a mapping of tags", Text("a tag's key", r".{1,128}")
)

_MY_ACCOUNT: Final = Member("account_id", _ACCOUNT, "Whose it is. Default: the file's.")
_MY_REGION: Final = Member("region", _REGION, "Where it is. Default: the file's.")
_MY_TAGS: Final = Member("tags", _TAGS, "Its tags: keys and values.")

_POLICIES: Final = Struct(
    (
        Member("name", Text("a policy's name", _POLICY_NAME), "Its name.", required=True),
        Member("document", PolicyDocument("identity"), "What it says: a policy.", required=True),
        _MY_TAGS,
        _MY_ACCOUNT,
    )
)

_ROLES: Final = Struct(
    (
        Member("name", Text("a role's name", _ROLE_NAME), "Its name.", required=True),
        Member(
            "trust",
            PolicyDocument("trust"),
            "Who may assume it: a policy. Default: pods of every cluster.",
        ),
        Member(
            "policies",
            MapOf(
                PolicyDocument("identity"),
                "a mapping of names to policies",
                Text("a policy's name", _POLICY_NAME),
            ),
            "Its inline policies, by their names.",
        ),
        Member(
            "managed_policies",
            ListOf(_POLICY, "a list of policies' names and ARNs"),
            "Its managed policies: names of policies in this file, and ARNs, AWS's own included.",
        ),
        Member(
            "permissions_boundary", _POLICY, "Name of a policy in this file, or a policy's ARN."
        ),
        _MY_TAGS,
        _MY_ACCOUNT,
    )
)

_CLUSTERS: Final = Struct(
    (
        Member("name", Text("a cluster's name", _CLUSTER_NAME), "Its name.", required=True),
        Member(
            "version",
            Text("a version of Kubernetes", r"1\.[0-9]{1,2}"),
            "Of Kubernetes, such as `1.33`. Default: moto's.",
        ),
        Member(
            "role",
            _ROLE,
            "The cluster's own role: name or ARN. Default: the ARN of a role `eks-cluster`, which "
            "nobody looks for.",
        ),
        Member(
            "node_role",
            _ROLE,
            "The role of the nodes that its pods are on: name or ARN. It has to allow "
            "`eks-auth:AssumeRoleForPodIdentity`. Default: one that is made.",
        ),
        _MY_TAGS,
        _MY_ACCOUNT,
        _MY_REGION,
    )
)

_WHOSE: Final = (
    Member("cluster", _CLUSTER, "Name of a cluster in this file, or a cluster's ARN.", True),
    Member("namespace", _NAMESPACE, "The Kubernetes namespace.", True),
    Member("service_account", _SERVICE_ACCOUNT, "The service account's name.", True),
)

_ASSOCIATIONS: Final = Struct(
    (
        *_WHOSE,
        Member("role", _ROLE, "What its pods get: a role's name or ARN.", required=True),
        Member("target_role", _ROLE, "The role that is assumed from there: name or ARN."),
        Member("disable_session_tags", Flag(), "Whether sessions have no tags. Default: false."),
        Member(
            "policy",
            PolicyDocument("session"),
            "A session policy; with `disable_session_tags: true` alone.",
        ),
        _MY_TAGS,
    )
)

_PODS: Final = Struct(
    (
        *_WHOSE,
        Member(
            "name",
            _POD_NAME,
            "Its name. Default: the service account's and a random suffix, or with `count` none.",
        ),
        Member(
            "count",
            Number(MOST_PODS),
            "How many there are: then they are called `NAME-0`, `NAME-1` and so on; `NAME` is the "
            "service account's by default.",
        ),
    )
)

_BUCKETS: Final = Struct(
    (
        Member(
            "name",
            Text("a bucket's name", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            "Its name.",
            required=True,
        ),
        Member("policy", PolicyDocument("resource"), "Its bucket policy."),
        Member(
            "objects",
            ListOf(
                Struct(
                    (
                        Member("key", Text("an object's key", r".{1,1024}"), "Its key.", True),
                        Member("body", Text(), "What is in it, as text. Default: nothing."),
                        _MY_TAGS,
                    )
                ),
                "a list of objects",
            ),
            "What is in it: objects with `key`, `body` (a text; default: nothing) and `tags`.",
        ),
        _MY_TAGS,
        _MY_ACCOUNT,
        _MY_REGION,
    )
)

_SECRETS: Final = Struct(
    (
        Member("name", Text("a secret's name", r"[\w/+=.@-]{1,512}"), "Its name.", required=True),
        Member("value", Text(), "The secret, as text.", required=True),
        _MY_TAGS,
        _MY_ACCOUNT,
        _MY_REGION,
    )
)

_TABLES: Final = Struct(
    (
        Member("name", Text("a table's name", r"[\w.-]{3,255}"), "Its name.", required=True),
        Member("key", Text("an attribute's name", r".{1,255}"), "The partition key.", True),
        Member(
            "items",
            ListOf(MapOf(Text(), "a mapping of attributes"), "a list of items"),
            "What is in it: mappings of attributes to texts, each with the key.",
        ),
        _MY_TAGS,
        _MY_ACCOUNT,
        _MY_REGION,
    )
)

#: Section -> the members of its entries. In this order they are made.
SECTIONS: Final = {
    "policies": (_POLICIES, "Managed policies."),
    "roles": (_ROLES, "IAM roles."),
    "clusters": (_CLUSTERS, "EKS clusters."),
    "buckets": (_BUCKETS, "S3 buckets with objects."),
    "secrets": (_SECRETS, "Secrets of Secrets Manager."),
    "tables": (_TABLES, "DynamoDB tables with items."),
    "associations": (_ASSOCIATIONS, "Pod identity associations."),
    "pods": (_PODS, "Pods that have credentials already."),
}

SCENARIO: Final = Struct(
    (
        Member("account_id", _ACCOUNT, f"Whose everything is. Default: `{DEFAULT_ACCOUNT}`."),
        Member("region", _REGION, f"Where everything is. Default: `{DEFAULT_REGION}`."),
        Member(
            "settings",
            Names("a mapping of settings"),
            "Settings of the plugin, by their names.",
        ),
        *(
            Member(name, ListOf(struct, f"a list of {name}"), meaning)
            for name, (struct, meaning) in SECTIONS.items()
        ),
    )
)

#: Section -> what no two of its entries have in common.
UNIQUE: Final = {
    "policies": ("account_id", "name"),
    "roles": ("account_id", "name"),
    "clusters": ("account_id", "region", "name"),
    "buckets": ("name",),
    "secrets": ("account_id", "region", "name"),
    "tables": ("account_id", "region", "name"),
    "associations": ("cluster", "namespace", "service_account"),
    "pods": ("cluster", "namespace", "name"),
}
