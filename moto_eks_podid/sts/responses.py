"""The STS operations that make role sessions; the others are moto's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.model import OperationNotFoundError, StructureShape
from moto.core.common_types import TYPE_RESPONSE
from moto.core.model import ServiceModel
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.sts.responses import TokenResponse

from .. import constraints
from ..caller import CallerResponse
from ..cloudtrail.notes import note_assumed_role, note_saml_user, note_web_identity
from ..events.identities import SAMLUser
from ..iam.access_keys import find_user
from ..iam.credentials import TEMPORARY_KEY
from ..identity.role_arn import ROLE_ARN
from ..identity.sessions import (
    CHAINED_SESSION_SECONDS,
    MAX_POLICY_ARNS,
    MAX_SESSION_POLICY,
    InvalidSessionTags,
    RoleSession,
    inherited_source_identity,
    packed_policy_size,
    session_tags,
)
from ..xml_text import xml_text
from . import exceptions
from .models import IssuedSession, SessionRecorderSTSBackend, SessionRequest, find_session
from .user_tokens import Federation, TokenRequest

if TYPE_CHECKING:
    from .web_identity import WebIdentity

DEFAULT_DURATION = 3600
#: Of credentials that a user asks for.
DEFAULT_TOKEN_DURATION = 43_200

_ERROR = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>{message}</Message></Error><RequestId></RequestId></ErrorResponse>"
)


class SessionRecorderSTSResponse(CallerResponse, TokenResponse):
    """moto's STS, whose role sessions keep what they were asked for."""

    # Otherwise a body that is not UTF-8 fails before any operation sees it.
    use_raw_body = True

    @property
    def backend(self) -> SessionRecorderSTSBackend:
        # The seam has made it one of ours.
        return super().backend  # type: ignore[return-value]

    def parse_parameters(self, request: Request) -> None:
        try:
            super().parse_parameters(request)
        except OperationNotFoundError:
            raise exceptions.InvalidAction(
                exceptions.chosen("unknown action", action=self._get_action())
            ) from None
        except ValueError:
            raise exceptions.ValidationError(exceptions.chosen("not a number")) from None
        except NotImplementedError:
            raise exceptions.InvalidAction(
                exceptions.chosen("unknown action", action=self._get_action())
            ) from None

    def call_action(self) -> TYPE_RESPONSE:
        # moto's own version answers an empty 404.
        if not self._get_action():
            raise exceptions.MissingAction(exceptions.chosen("missing action"))
        return super().call_action()

    def determine_response_protocol(self, service_model: ServiceModel) -> str:
        try:
            return super().determine_response_protocol(service_model)
        except NotImplementedError:
            # A body that claims to be JSON is answered in STS's own protocol.
            return "query"

    def _determine_resource(self) -> str:
        # moto's own version fails when there is no RoleArn.
        return str((self.querystring.get("RoleArn") or ["*"])[0])

    def serialized(self, action_result: ActionResult) -> Any:
        error = action_result.result
        if not isinstance(error, exceptions.STSError):
            return super().serialized(action_result)
        # moto writes the text of an error that is in the service's model twice, and warns of one
        # that is not.
        headers = {**self.response_headers, "Content-Type": "text/xml"}
        body = _ERROR.format(code=error.code, message=xml_text(error.message))
        return error.status, headers, body

    def assume_role(self) -> ActionResult:
        self._check_constraints()
        caller = find_session(self.access_key)
        duration = self._duration(caller)
        given = self.params
        try:
            tags = session_tags(
                self._tags(),
                given.get("TransitiveTagKeys", []),
                caller,
            )
            source_identity = inherited_source_identity(given.get("SourceIdentity"), caller)
        except InvalidSessionTags as broken:
            raise exceptions.tag_refusal(broken) from None
        packed = self._packed_policy_size(tags.all)
        issued = self.backend.start_session(
            SessionRequest(
                role_arn=given["RoleArn"],
                session_name=given["RoleSessionName"],
                duration=duration,
                tags=tags,
                policy=given.get("Policy"),
                policy_arns=self._policy_arns(),
                external_id=given.get("ExternalId"),
                source_identity=source_identity,
                parent=caller,
            ),
            self.region,
        )
        note_assumed_role(issued, caller)
        return ActionResult(
            {
                **_issued(issued),
                "PackedPolicySize": packed,
                "SourceIdentity": source_identity,
            }
        )

    def assume_role_with_web_identity(self) -> ActionResult:
        # Here and below: most never need them, and all would wait for them.
        from .web_identity import claimed_identity, verify_web_identity

        self._check_constraints()
        duration = self._duration(None)
        packed = self._packed_policy_size({})
        given = self.params
        note_web_identity(*claimed_identity(given["WebIdentityToken"], given["RoleArn"]))
        identity = verify_web_identity(
            given["WebIdentityToken"], given["RoleArn"], given["RoleSessionName"], duration
        )
        issued = self.backend.start_session(
            SessionRequest(
                role_arn=given["RoleArn"],
                session_name=given["RoleSessionName"],
                duration=duration,
                policy=given.get("Policy"),
                policy_arns=self._policy_arns(),
                federated_provider=identity.provider_arn if identity else None,
            ),
            self.region,
        )
        return ActionResult(
            {**_issued(issued), "PackedPolicySize": packed, **_web_identity(identity)}
        )

    def assume_role_with_saml(self) -> ActionResult:
        note_saml_user(SAMLUser(None, None), None)
        answer: Any = super().assume_role_with_saml()
        given = answer.result
        account_id = given["AssumedRoleUser"]["Arn"].split(":")[4]
        note_saml_user(SAMLUser(given["NameQualifier"], given["Subject"]), account_id)
        return ActionResult(given)

    def get_session_token(self) -> ActionResult:
        self._check_asks_as_user()
        user = find_user(self.access_key)
        # moto cannot tell one code from another.
        has_mfa = (
            user is not None
            and "TokenCode" in self.params
            and self.params.get("SerialNumber") in user.mfa_devices
        )
        duration = self.params.get("DurationSeconds", DEFAULT_TOKEN_DURATION)
        token = self.backend.give_token(TokenRequest(user, duration, has_mfa=has_mfa))
        return ActionResult({"Credentials": token.as_answered()})

    def get_federation_token(self) -> ActionResult:
        self._check_asks_as_user()
        try:
            tags = session_tags(self._tags(), (), None).all
        except InvalidSessionTags as broken:
            raise exceptions.tag_refusal(broken) from None
        packed = self._packed_policy_size(tags)
        federation = Federation(
            self.params["Name"], self.params.get("Policy"), self._policy_arns(), tags
        )
        duration = self.params.get("DurationSeconds", DEFAULT_TOKEN_DURATION)
        user = find_user(self.access_key)
        token = self.backend.give_token(TokenRequest(user, duration, federation))
        return ActionResult(
            {
                "Credentials": token.as_answered(),
                "FederatedUser": {"FederatedUserId": token.unique_id, "Arn": token.arn},
                "PackedPolicySize": packed,
            }
        )

    def _check_asks_as_user(self) -> None:
        if self.access_key.startswith(TEMPORARY_KEY):
            text = exceptions.WITH_SESSION.format(operation=self._get_action())
            raise exceptions.AccessDenied(text)
        self._check_constraints()

    def _check_constraints(self) -> None:
        shape = get_service_model("sts").operation_model(self._get_action()).input_shape
        assert isinstance(shape, StructureShape)
        for name, member in shape.members.items():
            value = self.params.get(name)
            shown = name[0].lower() + name[1:]
            text = None
            if value is None:
                if name in shape.required_members:
                    text = constraints.missing(shown)
            elif isinstance(value, (str, int)):
                longest = MAX_SESSION_POLICY if name == "Policy" else None
                text = constraints.broken(shown, value, member, longest=longest)
            if text:
                raise exceptions.ValidationError(text)
        arn = self.params.get("RoleArn")
        if arn is not None and not ROLE_ARN.fullmatch(arn):
            raise exceptions.invalid_role_arn(self._get_action(), arn)
        if policy := self.params.get("Policy"):
            self._check_policy(policy)
        self._check_policy_arns(shape)

    def _check_policy_arns(self, shape: StructureShape) -> None:
        policies = self.params.get("PolicyArns", [])
        if len(policies) > MAX_POLICY_ARNS:
            raise exceptions.ValidationError(exceptions.TOO_MANY_POLICIES)
        for position, policy in enumerate(policies, 1):
            name = f"policyArns.{position}.member.arn"
            arns: Any = shape.members["PolicyArns"]
            if text := constraints.broken(name, policy.get("arn", ""), arns.member.members["arn"]):
                raise exceptions.ValidationError(text)

    @staticmethod
    def _check_policy(policy: str) -> None:
        from ..policy import validate

        if any(finding.severity == "error" for finding in validate(policy, kind="session")):
            raise exceptions.MalformedPolicyDocument(exceptions.chosen("policy syntax"))

    def _duration(self, caller: RoleSession | None) -> int:
        duration: int = self.params.get("DurationSeconds", DEFAULT_DURATION)
        if caller is not None and duration > CHAINED_SESSION_SECONDS:
            raise exceptions.ValidationError(exceptions.CHAINING_LIMIT)
        return duration

    def _packed_policy_size(self, tags: dict[str, str]) -> int | None:
        packed = packed_policy_size(tags, self.params.get("Policy"), self._policy_arns())
        if packed is not None and packed > 100:
            raise exceptions.PackedPolicyTooLarge(exceptions.PACKED.format(percent=packed))
        return packed

    def _tags(self) -> list[tuple[str, str]]:
        tags = self.params.get("Tags", [])
        for position, tag in enumerate(tags, 1):
            for part in ("Key", "Value"):
                if part not in tag:
                    name = f"tags.{position}.member.{part.lower()}"
                    raise exceptions.ValidationError(constraints.missing(name))
        return [(tag["Key"], tag["Value"]) for tag in tags]

    def _policy_arns(self) -> tuple[str, ...]:
        return tuple(policy["arn"] for policy in self.params.get("PolicyArns", []))


def _issued(issued: IssuedSession) -> dict[str, Any]:
    session = issued.session
    return {
        "Credentials": issued.assumed_role,
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }


def _web_identity(identity: WebIdentity | None) -> dict[str, Any]:
    if identity is None:
        return {}
    return {
        "SubjectFromWebIdentityToken": identity.subject,
        "Provider": identity.provider_arn,
        "Audience": identity.audience,
    }
