"""Play a case of the table of judged calls with real clients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import boto3
from aws_under_test import CLUSTER, POD_TRUST, REGION, Aws, Json, policy, statement
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from judged import document, judge

import moto_eks_podid as podid
from tests.iam.decision_cases import Case, Refusal, Step

ROLE = "cart-reader"
#: Whoever is not a pod assumes roles that trust the account.
_SESSION_TRUST = policy(
    statement("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", principal={"AWS": "*"})
)
_ADMINISTRATOR = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
_PLACEHOLDER = re.compile(r"<([\w-]+)>")
#: moto forgets boto3's own session with each mock, and with it every service model that was read.
_SESSION = boto3.Session(**_ADMINISTRATOR)
#: Its clients sign with what its credentials are at that time: making clients anew takes long.
_CALLER = boto3.Session(**_ADMINISTRATOR)


@cache
def _client(
    session: boto3.Session, service: str, endpoint_url: str | None, region: str, **config: Any
) -> Any:
    return session.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


class Stage:
    """One case, played at one AWS."""

    def __init__(self, aws: Aws, case: Case) -> None:
        self._aws = aws
        self._case = case
        self._saved: dict[str, str] = {}

    def prepare(self) -> None:
        """Make everything that is there when the call comes."""
        if self._case.caller == "user":
            self._make_user()
        elif self._case.caller != "nobody":
            self._make_role()
        self._do(self._case.setup)
        if self._case.caller == "pod":
            self._start_pod()
        elif self._case.caller == "session":
            self._start_session()
        self._do(self._case.after)
        judge(self._aws)

    def call(self) -> ClientError | None:
        """Make the call; return the error that it is answered with."""
        step = self._case.call
        unsigned = {"signature_version": UNSIGNED} if self._case.caller == "nobody" else {}
        client = _client(
            _CALLER, step.service, self._aws.endpoint_url, step.region or REGION, **unsigned
        )
        try:
            self._run(client, step)
        except ClientError as error:
            return error
        return None

    def expected(self, refusal: Refusal) -> tuple[str, int, re.Pattern[str]]:
        """The code, status and message of a refusal, with everything put in."""
        parts = map(re.escape, self._filled(refusal.message).split("<any>"))
        return refusal.code, refusal.status, re.compile(".+".join(parts), re.DOTALL)

    # Who calls

    def _make_role(self) -> None:
        case, iam = self._case, self._client("iam")
        trust = POD_TRUST if case.caller == "pod" else _SESSION_TRUST
        if "trust" in case.role:
            trust = policy(*self._filled(case.role["trust"]))
        more: Json = {"Path": case.role.get("path", "/"), "Tags": _tags(case.role)}
        if "boundary" in case.role:
            more["PermissionsBoundary"] = self._managed("boundary", case.role["boundary"])
        made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust, **more)["Role"]
        self._saved["role"] = made["Arn"]
        self._put_inline(iam.put_role_policy, RoleName=ROLE)
        for index, given in enumerate(case.role.get("attached", [])):
            arn = self._managed(f"attached-{index}", given)
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)

    def _managed(self, name: str, given: Any) -> str:
        """Return the ARN of a managed policy, made of statements unless it is one of AWS's."""
        if isinstance(given, str):
            return given
        text = document(*self._filled(given))
        made = self._client("iam").create_policy(PolicyName=name, PolicyDocument=text)
        return str(made["Policy"]["Arn"])

    def _put_inline(self, put: Any, **holder: str) -> None:
        if self._case.policies:
            text = document(*self._filled(self._case.policies))
            put(PolicyName="inline", PolicyDocument=text, **holder)

    def _make_user(self) -> None:
        options, iam = self._case.caller_options, self._client("iam")
        made = iam.create_user(UserName="ann", Tags=_tags(options))["User"]
        self._saved["caller"] = made["Arn"]
        self._put_inline(iam.put_user_policy, UserName="ann")
        for group, statements in options.get("groups", {}).items():
            iam.create_group(GroupName=group)
            iam.put_group_policy(
                GroupName=group, PolicyName="inline", PolicyDocument=document(*statements)
            )
            iam.add_user_to_group(GroupName=group, UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        self._sign_with(key)

    def _start_pod(self) -> None:
        options = self._case.caller_options
        namespace = options.get("namespace", "shop")
        service_account = options.get("service_account", "cart")
        association: Json = {}
        if "policy" in options:
            association = {
                "policy": document(*self._filled(options["policy"])),
                "disableSessionTags": True,
            }
        elif not options.get("tags", True):
            association = {"disableSessionTags": True}
        eks = self._client("eks")
        if not any(step.operation == "CreateCluster" for step in self._case.setup):
            self._aws.create_cluster(eks=eks)
        eks.create_pod_identity_association(
            clusterName=CLUSTER,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=self._saved["role"],
            **association,
        )
        token = self._aws.token(
            CLUSTER, namespace, service_account, pod_name=options.get("pod_name")
        )
        answer = self._client("eks-auth").assume_role_for_pod_identity(
            clusterName=CLUSTER, token=token
        )
        self._saved["caller"] = answer["assumedRoleUser"]["arn"]
        self._sign_with(answer["credentials"])

    def _start_session(self) -> None:
        answer = self._client("sts").assume_role(
            RoleArn=self._saved["role"],
            **{"RoleSessionName": "next", **self._filled(self._case.caller_options)},
        )
        self._saved["caller"] = answer["AssumedRoleUser"]["Arn"]
        self._sign_with(answer["Credentials"])

    def _sign_with(self, credentials: Json) -> None:
        given = {name[0].lower() + name[1:]: value for name, value in credentials.items()}
        signing = _CALLER.get_credentials()
        signing.access_key = given["accessKeyId"]
        signing.secret_key = given["secretAccessKey"]
        signing.token = given.get("sessionToken")

    # What is done

    def _client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        if account is not None:
            return self._aws.client_of_account(account, service, region or REGION)
        return _client(_SESSION, service, self._aws.endpoint_url, region or REGION)

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            answer = self._run(self._client(step.service, step.account, step.region), step)
            for name, path in step.save.items():
                self._saved[name] = _at(answer, path)

    def _run(self, client: Any, step: Step) -> Any:
        return getattr(client, xform_name(step.operation))(**self._filled(step.parameters))

    def _filled(self, value: Any) -> Any:
        """Return a value with what its placeholders stand for; unknown ones stay."""
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda match: self._saved.get(match[1], match[0]), value)
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        return value


def explained(aws: Aws) -> podid.ExplainedCall:
    """Why the last call was allowed or refused."""
    found = podid.explain(endpoint_url=aws.endpoint_url)
    assert found is not None
    return found


def _tags(options: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in options.get("tags", {}).items()]


def _at(answer: Any, path: str) -> str:
    for name in path.split("."):
        answer = answer[int(name) if name.isdigit() else name]
    return str(answer)
