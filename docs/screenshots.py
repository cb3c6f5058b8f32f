"""The pictures of the page in ``how-to/page.md``: run it after the page has changed.

It needs Chromium (``apt-get install chromium``), ``pip install -e '.[test]'`` and Pillow.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.exceptions import ClientError
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import moto_eks_podid as podid
from moto_eks_podid.server import in_thread

HERE = Path(__file__).parent / "_static"
SIZE = {"width": 1280, "height": 800}
REGION, ACCOUNT = "eu-central-1", "123456789012"

TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}


class Story:
    """What happens before the pictures are taken."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """Return a client, with the test's own keys or a pod's."""
        given = credentials or {"accessKeyId": "testing", "secretAccessKey": "testing"}
        make: Any = boto3.client
        return make(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=given["accessKeyId"],
            aws_secret_access_key=given["secretAccessKey"],
            aws_session_token=given.get("sessionToken"),
        )

    def role(self, name: str, *statements: Any, trust: Any = TRUST) -> str:
        """Create a role that allows something."""
        iam = self.client("iam")
        document = {"Version": "2012-10-17", "Statement": [trust]}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        allowed = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(allowed))
        return str(made["Role"]["Arn"])

    def pod(self, cluster: str, namespace: str, account: str, name: str) -> dict[str, str]:
        """Return a pod's credentials."""
        token = podid.service_account_token(
            cluster, namespace, account, pod_name=name, endpoint_url=self.url
        )
        answer = self.client("eks-auth").assume_role_for_pod_identity(
            clusterName=cluster, token=token
        )
        credentials: dict[str, str] = answer["credentials"]
        return credentials

    def tell(self) -> None:
        """Let a few pods do their work, one of them more than it may."""
        eks = self.client("eks")
        for name in ("prod-blue", "staging"):
            eks.create_cluster(
                name=name,
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
                resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
            )
        own_namespace = {
            "StringEquals": {
                "secretsmanager:ResourceTag/team": "${aws:PrincipalTag/kubernetes-namespace}"
            }
        }
        cart = self.role(
            "cart-reader",
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
            {
                "Sid": "OwnSecrets",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
                "Condition": own_namespace,
            },
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
        )
        ledger = self.role(
            "ledger-writer",
            {"Effect": "Allow", "Action": ["dynamodb:*", "sqs:*"], "Resource": "*"},
            trust={
                "Effect": "Allow",
                "Principal": {"AWS": cart},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            },
        )
        queue = self.role("mailer", {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
        for cluster, namespace, account, role in (
            ("prod-blue", "shop", "cart", cart),
            ("prod-blue", "shop", "checkout", cart),
            ("prod-blue", "mail", "sender", queue),
            ("staging", "shop", "cart", cart),
        ):
            eks.create_pod_identity_association(
                clusterName=cluster,
                namespace=namespace,
                serviceAccount=account,
                roleArn=role,
                tags={"team": namespace},
            )
        self.client("s3").create_bucket(
            Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        secrets = self.client("secretsmanager")
        for name, team in (("shop/db", "shop"), ("mail/smtp", "mail")):
            tags = [{"Key": "team", "Value": team}]
            secrets.create_secret(Name=name, SecretString="hush", Tags=tags)
        self.client("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        url = self.client("sqs").create_queue(QueueName="mails")["QueueUrl"]
        settings = f"{self.url}/moto-api/eks-podid/settings"
        requests.put(settings, json={"iam_enforcement": "sessions"}, timeout=30)
        for cluster, namespace, account, name in (
            ("prod-blue", "mail", "sender", "sender-5d7c8b9f4-q8xkz"),
            ("staging", "shop", "cart", "cart-6b8d5c7f9-bb2wm"),
            ("prod-blue", "shop", "checkout", "checkout-84f6d9c5b-t5n7j"),
            ("prod-blue", "shop", "cart", "cart-7d9f8c6b5-x2k9m"),
        ):
            self.work(self.pod(cluster, namespace, account, name), namespace, url, ledger)

    def work(self, pod: dict[str, str], namespace: str, queue: str, ledger: str) -> None:
        """Let one pod do its work."""
        if namespace == "mail":
            for _ in range(3):
                self.client("sqs", pod).receive_message(QueueUrl=queue)
            return
        s3 = self.client("s3", pod)
        for number in range(4):
            s3.put_object(Bucket="goods", Key=str(number), Body=b"a cart")
            s3.get_object(Bucket="goods", Key=str(number))
        secrets = self.client("secretsmanager", pod)
        secrets.get_secret_value(SecretId="shop/db")
        for _ in range(2):
            # Of another team.
            try:
                secrets.get_secret_value(SecretId="mail/smtp")
            except ClientError:
                continue
        second = self.client("sts", pod).assume_role(RoleArn=ledger, RoleSessionName="ledger")
        chained = {
            name[0].lower() + name[1:]: value for name, value in second["Credentials"].items()
        }
        self.client("sqs", chained).send_message(QueueUrl=queue, MessageBody="thanks")
        table = self.client("dynamodb", chained)
        for number in range(3):
            table.put_item(TableName="ledger", Item={"id": {"S": str(number)}})


def pictures(page: Page, base: str, scheme: str) -> None:
    """Take the pictures in one colour scheme."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    def take(name: str) -> None:
        page.wait_for_function("() => !document.querySelector('[aria-busy]')")
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
        # A page has few colours, and nobody wants megabytes in the repository.
        few = taken.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
        few.save(HERE / f"page-{name}-{scheme}.png", optimize=True)

    page.goto(f"{base}/ui/events")
    page.locator("tbody tr").nth(5).locator("td").first.click()
    take("events")
    page.goto(f"{base}/ui/pods?text=prod-blue/shop/cart")
    page.locator("tbody th a").first.click()
    take("pod")
    page.goto(f"{base}/ui/events?outcome=failed&pod=prod-blue/shop/cart")
    page.locator("a.opens").first.click()
    take("refused")
    page.goto(f"{base}/ui/sessions")
    page.locator("summary").first.click()
    take("sessions")


def main() -> None:
    """Write the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    with in_thread() as url, sync_playwright() as playwright:
        Story(url).tell()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            pictures(page, f"{url}/moto-api/eks-podid", scheme)
        browser.close()


if __name__ == "__main__":
    main()
