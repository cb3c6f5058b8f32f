"""Calls of S3 that try to be judged as something else than they are."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from aws_under_test import REGION, Aws, Json
from judged import allow, bucket, deny, judge, pod, refused, role
from moto.core.utils import camelcase_to_underscores
from moto.s3.responses import S3Response

from moto_eks_podid.iam.s3_requests import NOT_IN_MOTO
from tests.iam.session_calls import call, signed


@pytest.fixture
def goods(aws: Aws) -> Any:
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="tea", Body=b"green")
    s3.put_bucket_tagging(Bucket="goods", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    return s3


#: Method, path and query -> the actions that the caller has, the code of the answer.
TWO_THINGS_AT_ONCE = {
    ("GET", "/goods?policy&tagging"): (["s3:GetBucketTagging"], "InvalidArgument"),
    ("GET", "/goods?tagging&acl"): (["s3:GetBucketTagging"], "InvalidArgument"),
    ("GET", "/goods/tea?acl&tagging"): (["s3:GetObjectTagging"], "InvalidArgument"),
    ("DELETE", "/goods/tea?uploadId=1&tagging"): (["s3:*Tagging"], "InvalidArgument"),
    ("GET", "/goods?analytics"): (["s3:GetAnalyticsConfiguration"], "NotImplemented"),
    ("GET", "/goods?session"): (["s3express:CreateSession"], "NotImplemented"),
    ("GET", "/goods/tea?retention"): (["s3:GetObjectRetention"], "NotImplemented"),
    ("GET", "/goods/tea?torrent"): (["s3:GetObjectTorrent"], "NotImplemented"),
    ("PUT", "/goods/tea?encryption"): (["s3:UpdateObjectEncryption"], "NotImplemented"),
    ("DELETE", "/goods?inventory&id=1"): (["s3:PutInventoryConfiguration"], "NotImplemented"),
}


@pytest.mark.parametrize("request_line", TWO_THINGS_AT_ONCE, ids=" ".join)
def test_one_permission_is_taken_for_another(
    aws: Aws, goods: Any, request_line: tuple[str, str]
) -> None:
    """A request that moto would take for another one is refused."""
    actions, code = TWO_THINGS_AT_ONCE[request_line]
    credentials = pod(aws, role(aws, allow(*actions)))
    judge(aws)
    answer = call(aws, credentials, "s3", *request_line)
    assert answer.status == 400
    assert f"<Code>{code}</Code>" in answer.text
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


def test_copy_sets_an_access_control_list(aws: Aws, goods: Any) -> None:
    """A copy is a copy, and nothing else at the same time."""
    credentials = pod(aws, role(aws, allow("s3:GetObject", "s3:PutObject")))
    judge(aws)
    headers = {"x-amz-copy-source": "goods/tea", "x-amz-acl": "public-read"}
    answer = call(aws, credentials, "s3", "PUT", "/goods/tea?acl", **headers)
    assert 400 <= answer.status < 500
    aws.settings()
    grants = goods.get_object_acl(Bucket="goods", Key="tea")["Grants"]
    assert all("URI" not in grant["Grantee"] for grant in grants)


@pytest.mark.parametrize("name", sorted(NOT_IN_MOTO))
def test_operation_is_in_moto_now(name: str) -> None:
    """An operation that moto has is judged like any other."""
    assert not hasattr(S3Response, camelcase_to_underscores(name))


#: Ways to write the path of the object that is denied.
PATHS = ["//goods/tea", "/goods/te%61", "/goods/%74ea", "/goods/tea?versionId=null", "/goods/tea?"]


@pytest.mark.parametrize("path", PATHS)
def test_path_can_be_written_so_that_it_is_allowed(aws: Aws, goods: Any, path: str) -> None:
    """An object is denied however its path is written."""
    credentials = pod(
        aws, role(aws, allow("s3:*"), deny("s3:GetObject*", on="arn:aws:s3:::goods/tea"))
    )
    judge(aws)
    answer = call(aws, credentials, "s3", "GET", path)
    assert "green" not in answer.text
    assert 400 <= answer.status < 500


def test_virtual_host_is_another_bucket(in_process_aws: Aws) -> None:
    """A bucket in the host's name is judged like one in the path."""
    aws = in_process_aws
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="tea", Body=b"green")
    credentials = pod(
        aws, role(aws, allow("s3:*"), deny("s3:GetObject", on="arn:aws:s3:::goods/tea"))
    )
    judge(aws)
    for host in ("goods.s3", f"goods.s3.{REGION}", f"goods.s3.dualstack.{REGION}"):
        url = f"https://{host}.amazonaws.com/tea"
        answer = requests.get(url, headers=signed(credentials, "s3"), timeout=30)
        assert answer.status_code == 403
        assert "explicit deny" in answer.text


def form(fields: dict[str, str]) -> dict[str, Any]:
    """Arguments for a browser's form with a file in it."""
    return {"data": fields, "files": {"file": ("tea.txt", b"black")}}


@pytest.fixture
def own_objects(aws: Aws, goods: Any) -> Json:
    """The credentials of a pod that may write the objects of one folder."""
    credentials = pod(aws, role(aws, allow("s3:PutObject", on="arn:aws:s3:::goods/own/*")))
    judge(aws)
    return credentials


#: What a form asks for -> its fields, what is added to the bucket's URL, whether it is allowed.
FORMS: dict[str, tuple[dict[str, str], str, bool]] = {
    "own": ({"key": "own/a"}, "", True),
    "own by the file's name": ({"key": "own/${filename}"}, "", True),
    "others'": ({"key": "tea"}, "", False),
    "public": ({"key": "own/a", "acl": "public-read"}, "", False),
    "others' in the query": ({}, "?key=tea", False),
}


@pytest.mark.parametrize("what", FORMS)
def test_form_writes_what_it_may_not(aws: Aws, goods: Any, own_objects: Json, what: str) -> None:
    """A browser's form is judged by the object that it writes."""
    fields, query, allowed = FORMS[what]
    base = aws.endpoint_url or f"https://s3.{REGION}.amazonaws.com"
    arguments = form(fields) if fields else {"data": b"black"}
    answer = requests.post(
        f"{base}/goods{query}", headers=signed(own_objects, "s3"), timeout=30, **arguments
    )
    assert (answer.status_code < 300) is allowed, answer.text
    if not allowed:
        assert answer.status_code == 403
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


@pytest.mark.parametrize("query", ["?uploadId=1", "?restore", "?uploads"])
def test_form_hides_the_object_that_is_written(
    aws: Aws, goods: Any, own_objects: Json, query: str
) -> None:
    """A form's field does not stand for the object in the path."""
    base = aws.endpoint_url or f"https://s3.{REGION}.amazonaws.com"
    answer = requests.post(
        f"{base}/goods/tea{query}",
        headers=signed(own_objects, "s3"),
        timeout=30,
        **form({"key": "own/a"}),
    )
    assert answer.status_code == 403


def test_chunked_body_is_consumed(aws: Aws, goods: Any, own_objects: Json) -> None:
    """A body in chunks is stored whole when it may be stored, and not at all otherwise."""
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    body = b"5\r\nblack\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    assert call(aws, own_objects, "s3", "PUT", "/goods/own/a", body, **headers).status == 200
    assert call(aws, own_objects, "s3", "PUT", "/goods/tea", body, **headers).status == 403
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="own/a")["Body"].read() == b"black"
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


def test_batch_without_objects_is_allowed(aws: Aws, goods: Any, own_objects: Json) -> None:
    """A list of objects that cannot be read deletes none of them."""
    for body in (b"", b"<Delete/>", b"no XML", b"<Delete><Object><Key>tea</Key></Object></Delete>"):
        answer = call(aws, own_objects, "s3", "POST", "/goods?delete", body)
        assert answer.status < 500
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


@pytest.fixture
def upload_to_tea(goods: Any) -> str:
    """The id of somebody else's upload, of one part, to the object that is not the pod's."""
    upload: str = goods.create_multipart_upload(Bucket="goods", Key="tea")["UploadId"]
    goods.upload_part(Bucket="goods", Key="tea", UploadId=upload, PartNumber=1, Body=b"white")
    return upload


#: Operation -> what it has beside the bucket, the key and the upload.
ON_UPLOADS: dict[str, Json] = {
    "upload_part": {"PartNumber": 1, "Body": b"black"},
    "upload_part_copy": {"PartNumber": 1, "CopySource": "goods/own/a"},
    "complete_multipart_upload": {
        "MultipartUpload": {
            "Parts": [{"ETag": "d508fe45cecaf653904a0e774084bb5c", "PartNumber": 1}]
        }
    },
    "list_parts": {},
    "abort_multipart_upload": {},
}


@pytest.mark.parametrize("operation", ON_UPLOADS)
def test_upload_of_another_object_is_written(
    aws: Aws, goods: Any, upload_to_tea: str, operation: str
) -> None:
    """An upload belongs to its object: under another name it does not exist."""
    own = allow("s3:*", on="arn:aws:s3:::goods/own/*")
    client = aws.client_with(pod(aws, role(aws, own)), "s3")
    judge(aws)
    client.put_object(Bucket="goods", Key="own/a", Body=b"black")
    with refused("NoSuchUpload", "The specified upload does not exist.", 404):
        getattr(client, operation)(
            Bucket="goods", Key="own/a", UploadId=upload_to_tea, **ON_UPLOADS[operation]
        )
    with refused("AccessDenied", "because no identity-based policy allows", 403):
        getattr(client, operation)(
            Bucket="goods", Key="tea", UploadId=upload_to_tea, **ON_UPLOADS[operation]
        )
    aws.settings()
    parts = goods.list_parts(Bucket="goods", Key="tea", UploadId=upload_to_tea)["Parts"]
    assert [part["ETag"] for part in parts] == ['"d508fe45cecaf653904a0e774084bb5c"']
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


def test_form_hides_the_upload_that_is_written(
    aws: Aws, goods: Any, own_objects: Json, upload_to_tea: str
) -> None:
    """A form's field does not stand for the upload in the query."""
    answer = call(
        aws,
        own_objects,
        "s3",
        "PUT",
        "/goods/own/a?uploadId=none&partNumber=1",
        f"uploadId={upload_to_tea}&partNumber=1".encode(),
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert "<Code>NoSuchUpload</Code>" in answer.text
    aws.settings()
    parts = goods.list_parts(Bucket="goods", Key="tea", UploadId=upload_to_tea)["Parts"]
    assert [part["Size"] for part in parts] == [len("white")]


def test_own_upload_is_refused(aws: Aws, goods: Any, own_objects: Json) -> None:
    """An upload under the name of its object goes on to its end."""
    client = aws.client_with(own_objects, "s3")
    named = {"Bucket": "goods", "Key": "own/a"}
    named["UploadId"] = client.create_multipart_upload(**named)["UploadId"]
    etag = client.upload_part(**named, PartNumber=1, Body=b"black")["ETag"]
    parts = [{"ETag": etag, "PartNumber": 1}]
    for _ in range(2):
        client.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="own/a")["Body"].read() == b"black"


@pytest.mark.parametrize("tags", ["n=till&n=shop", "n=shop&n=till", "n=shop&m=1&n=shop"])
def test_one_of_two_tags_is_judged_and_the_other_stored(aws: Aws, goods: Any, tags: str) -> None:
    """A tag that is given twice is refused, in a header and in a document."""
    own = {"StringEquals": {"s3:RequestObjectTag/n": "shop"}}
    tagging = allow("s3:PutObject", "s3:PutObjectTagging", **own)
    client = aws.client_with(pod(aws, role(aws, tagging)), "s3")
    judge(aws)
    named = {"Bucket": "goods", "Key": "tea"}
    for write in (client.put_object, client.create_multipart_upload):
        with refused("InvalidArgument", "without tag name duplicates.", 400):
            write(**named, Tagging=tags)
    pairs = [pair.split("=") for pair in tags.split("&")]
    several = [{"Key": key, "Value": value} for key, value in pairs]
    with refused("InvalidTag", "Cannot provide multiple Tags with the same key", 400):
        client.put_object_tagging(**named, Tagging={"TagSet": several})
    aws.settings()
    assert goods.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"


@pytest.mark.parametrize("key", ["*", "?", "${aws:username}", "a b+c", "é", "a:b:c", "x" * 1000])
def test_odd_name_is_a_pattern(aws: Aws, goods: Any, key: str) -> None:
    """What a caller names is a name, whatever its characters mean in a policy."""
    goods.put_object(Bucket="goods", Key=key, Body=b"odd")
    own = "arn:aws:s3:::goods/own/*"
    credentials = pod(aws, role(aws, allow("s3:GetObject", on=own)))
    judge(aws)
    with refused("AccessDenied", f'on resource: "arn:aws:s3:::goods/{key}" because', 403):
        aws.client_with(credentials, "s3").get_object(Bucket="goods", Key=key)
