"""Tokens of a cluster that is not moto's."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

import moto_eks_podid as podid

REGION = "us-west-2"
KIND_ISSUER = "https://kubernetes.default.svc.cluster.local"


class KindCluster:
    """Stands for a kind cluster: what `kubectl get --raw /openid/v1/jwks` and a pod's file hold."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self.jwks = {"keys": [{"use": "sig", "kid": "kind-key", "alg": "RS256", **public}]}

    def token(self, **kubernetes: Any) -> str:
        now = int(time.time())
        claims = {
            "aud": ["pods.eks.amazonaws.com"],
            "exp": now + 3600,
            "iat": now,
            "iss": KIND_ISSUER,
            "kubernetes.io": {
                "namespace": "shop",
                "serviceaccount": {"name": "cart", "uid": "aad7d6a1-2c1e-4a8f-9d55-0c6a7f3b9e10"},
                **kubernetes,
            },
            "nbf": now,
            "sub": "system:serviceaccount:shop:cart",
        }
        return jwt.encode(claims, self._key, "RS256", headers={"kid": "kind-key"})


@podid.mock_aws
def test_a_pod_of_a_real_cluster() -> None:
    """A cluster in moto takes a real cluster's tokens for its own once it trusts the issuer."""
    kind = KindCluster()
    trust_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
    role = boto3.client("iam", REGION).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(trust_policy)
    )["Role"]["Arn"]
    eks = boto3.client("eks", REGION)
    eks.create_cluster(name="local", roleArn=role, resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="local", namespace="shop", serviceAccount="cart", roleArn=role
    )
    eks_auth = boto3.client("eks-auth", REGION)
    pod = {"name": "cart-0", "uid": "91ee2c0e-6a0e-4f6e-8a39-5b1d4c7f2e01"}

    with pytest.raises(ClientError, match="InvalidTokenException"):
        eks_auth.assume_role_for_pod_identity(clusterName="local", token=kind.token(pod=pod))

    podid.trust_issuer("local", KIND_ISSUER, jwks=kind.jwks)
    answer = eks_auth.assume_role_for_pod_identity(clusterName="local", token=kind.token(pod=pod))
    [session] = podid.role_sessions(access_key_id=answer["credentials"]["accessKeyId"])
    assert session.tags["kubernetes-pod-name"] == "cart-0"

    # A token that is bound to no pod (plain `kubectl create token`) is refused: it has no pod name.
    with pytest.raises(ClientError, match=r"there is no kubernetes\.io/pod/name"):
        eks_auth.assume_role_for_pod_identity(clusterName="local", token=kind.token())
