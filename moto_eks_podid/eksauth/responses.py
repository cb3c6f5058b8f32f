"""The one operation of EKS Auth."""

from __future__ import annotations

import json

from ..identity.tokens import POD_IDENTITY_AUDIENCE
from ..modelled import ModelledResponse
from . import exceptions
from .models import EKSAuthBackend, eksauth_backends


class EKSAuthResponse(ModelledResponse):
    """EKS Auth. Any caller may call it: nodes do, and so do people with a copied token."""

    malformed_request = exceptions.InvalidRequestException
    invalid_parameter = exceptions.InvalidParameterException

    def __init__(self) -> None:
        super().__init__(service_name="eks-auth")

    @property
    def backend(self) -> EKSAuthBackend:
        try:
            return eksauth_backends[self.current_account][self.region]
        except KeyError:
            raise exceptions.InvalidRequestException(
                message=exceptions.chosen("bad region", region=self.region)
            ) from None

    def assume_role_for_pod_identity(self) -> str:
        """Answer with the members in the order in which the service has them."""
        given = self.parameters()
        made = self.backend.assume_role_for_pod_identity(given["clusterName"], given["token"])
        # Written here: moto's serialiser, walking the model, takes longer than all of the above.
        self.response_headers["Content-Type"] = "application/json"
        return json.dumps(
            {
                "subject": {
                    "namespace": made.claims.namespace,
                    "serviceAccount": made.claims.service_account,
                },
                "audience": POD_IDENTITY_AUDIENCE,
                "podIdentityAssociation": {
                    "associationArn": made.association.association_arn,
                    "associationId": made.association.association_id,
                },
                "assumedRoleUser": {
                    "arn": made.session.arn,
                    "assumeRoleId": made.session.user_id,
                },
                "credentials": {
                    "sessionToken": made.assumed_role.session_token,
                    "secretAccessKey": made.assumed_role.secret_access_key,
                    "accessKeyId": made.session.access_key_id,
                    "expiration": round(made.session.expires_at.timestamp(), 3),
                },
            },
            separators=(",", ":"),
        )
