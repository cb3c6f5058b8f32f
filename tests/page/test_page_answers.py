"""What the page answers: statuses, headers, filters, pages; at a server and inside a mock."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, Aws
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from moto_eks_podid import install
from moto_eks_podid.page.answers import HEADERS, Request
from moto_eks_podid.page.highlighted import highlighted, without_secrets
from moto_eks_podid.page.stream import MOST
from moto_eks_podid.page.stream import stream as stream_of
from moto_eks_podid.page.timelines import FILTERS
from moto_eks_podid.page.urls import VIEWS
from moto_eks_podid.remote import PREFIX
from tests.page.shop import POD, SECOND_ROLE, open_shop

Get = Callable[..., requests.Response]

PLAIN_VIEWS = [path for path in VIEWS if "(" not in path and path != "/ui/stream"]


@pytest.fixture
def get(aws: Aws) -> Get:
    def send(path: str, method: str = "GET", **more: Any) -> requests.Response:
        base = aws.endpoint_url or "http://motoapi.amazonaws.com"
        return requests.request(method, f"{base}{PREFIX}{path}", timeout=30, **more)

    return send


def cells(answer: requests.Response, column: int) -> list[str]:
    """The texts of a column of the events in a page."""
    body = answer.text.partition("<tbody")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    columns = [re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [html.unescape(re.sub(r"<[^>]+>", "", row[column])) for row in columns]


NAME = 1


def main(answer: requests.Response) -> str:
    return answer.text.partition("<main")[2]


# Every view


@pytest.mark.parametrize("path", PLAIN_VIEWS)
def test_view_of_nothing_fails(get: Get, path: str) -> None:
    """Every view is there before anything has happened, with headers that keep browsers safe."""
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=|javascript:", answer.text)


@pytest.mark.parametrize("path", ["/", "/ui/events", "/ui/static/page.css"])
def test_head_has_a_body_or_another_length(aws: Aws, get: Get, path: str) -> None:
    """HEAD has the headers of GET, at a server its length too, and no body."""
    answer, head = get(path), get(path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == answer.headers["Content-Type"]
    if aws.endpoint_url:
        assert head.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_page_takes_orders(get: Get, method: str) -> None:
    """Nothing but GET and HEAD is allowed."""
    answer = get("/ui/events", method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/ui",
        "/ui/nothing",
        "/ui/pods/0123456789abcdef",
        "/ui/pods/..%2f..",
        "/ui/events/00000000-0000-4000-8000-000000000000",
        "/ui/static/nothing.css",
        "/ui/static/..%2Fpage.css",
        "/ui/clusters?cluster=arn:aws:eks:us-west-2:123456789012:cluster/nobody",
    ],
)
def test_what_is_not_there_is_found(get: Get, path: str) -> None:
    """A page that there is not is a 404, and what is below ``/ui/`` is a page that says so."""
    answer = get(path)
    assert answer.status_code == 404
    if path != "/ui":
        assert "<h1>Not found</h1>" in answer.text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/ui/events?before=x", "before is a whole number"),
        ("/ui/events?before=-1", "before is a whole number"),
        ("/ui/events/rows?before=1&skip=1e9", "skip is a whole number"),
        (f"/ui/events?before={'9' * 16}", "before is a whole number"),
        ("/ui/events?outcome=maybe", "outcome is one of failed, succeeded"),
        (f"/ui/events?pod={'x' * 301}", "pod is longer than 300 characters"),
        ("/ui/sessions?state=dead", "state is one of live, ended, all"),
        ("/ui/pods?skip=%D9%A1", "skip is a whole number"),
    ],
)
def test_bad_query_is_taken(get: Get, path: str, message: str) -> None:
    """A query that makes no sense is a 400 that says what does."""
    answer = get(path)
    assert (answer.status_code, "That cannot be asked" in answer.text) == (400, True)
    assert message in answer.text


@pytest.mark.parametrize("query", ["before=0", "before=999999999999999", "skip=999999999999999"])
def test_cursor_beyond_the_list_fails(get: Get, query: str) -> None:
    """A cursor before the first or after the last event leads to no events, or to all."""
    assert get(f"/ui/events/rows?{query}").status_code == 200


def test_file_is_not_kept_by_browsers(get: Get) -> None:
    """Files are kept for ever under the version that pages name, and looked at anew otherwise."""
    [path] = re.findall(r'href="(\S+page\.css\S+)"', get("/").text)
    answer = get(html.unescape(path).removeprefix(PREFIX))
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    assert get("/ui/static/page.css").headers["Cache-Control"] == "no-cache"


def test_motos_own_server_cannot_serve_the_page() -> None:
    """moto's ThreadedMotoServer serves views, files and streams, and lets no other site read."""
    install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        base = f"http://{host}:{port}{PREFIX}"
        for path in ("/", "/ui/events", "/ui/static/page.css"):
            answer = requests.get(f"{base}{path}", headers={"Origin": base[:-20]}, timeout=30)
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert requests.get(f"{base}/ui/pods", timeout=30).status_code == 200
        with requests.get(f"{base}/ui/stream", stream=True, timeout=30) as stream:
            assert first_lines(stream, 4)[3] == "event: recorded"
    finally:
        server.stop()


# Events


#: The query's filters -> the operations of the events that pass.
FILTERED: dict[str, list[str]] = {
    "service=s3.amazonaws.com&pod=cart": ["GetObject"] * 2,
    "service=sqs": ["CreateQueue", "ListQueues"],
    "service=sqs&outcome=succeeded": ["CreateQueue"],
    "outcome=failed": ["ListQueues"],
    "error=accessdenied": ["ListQueues"],
    "error=sqs:listqueues": ["ListQueues"],
    "error=is%20not%20authorized%20to%20perform:%20sqs": ["ListQueues"],
    "error=nothing": [],
    "error=%22": [],
    f"role={SECOND_ROLE}": ["CreateQueue"],
    f"role=arn:aws:iam::{ACCOUNT}:role/{SECOND_ROLE}": ["CreateQueue"],
    "event=CreateQ": ["CreateQueue"],
    f"pod={CLUSTER}/shop/cart/{POD}&role=cart-reader": [
        "ListQueues",
        "GetObject",
        "GetObject",
        "AssumeRole",
        "AssumeRole",
    ],
    "pod=nobody": [],
}


def test_filter_lets_others_through(aws: Aws, get: Get) -> None:
    """Events are narrowed by pod, role, service, operation, outcome and error, all at once."""
    open_shop(aws)
    answers = {query: get(f"/ui/events/rows?{query}") for query in FILTERED}
    assert {query: cells(answer, NAME) for query, answer in answers.items()} == FILTERED
    for query, answer in answers.items():
        assert f'data-total="{len(FILTERED[query])}"' in answer.text


def test_page_of_the_list_skips_or_repeats(in_process_aws: Aws) -> None:
    """Pages that follow on each other have every event once, whatever comes meanwhile."""

    def rows(query: str) -> tuple[list[str], str]:
        url = f"http://motoapi.amazonaws.com{PREFIX}/ui/events/rows?event=GetCaller&{query}"
        text = requests.get(url, timeout=30).text
        [before] = re.findall(r'data-before="(\d+)"', text)
        return re.findall(r"/ui/events/([0-9a-f-]{36})", text), before

    sts = in_process_aws.client("sts")
    ids = [sts.get_caller_identity()["ResponseMetadata"]["RequestId"] for _ in range(230)]
    first, before = rows("")
    sts.get_caller_identity()
    found = first + rows(f"before={before}&skip=100")[0] + rows(f"before={before}&skip=200")[0]
    wanted = {one["requestID"]: one["eventID"] for one in in_process_aws.records()}
    assert found == [wanted[request_id] for request_id in ids[::-1]]
    assert len(first) == 100
    assert rows(f"before={before}")[0] == first


def test_event_that_made_room_stays_in_the_list(in_process_aws: Aws) -> None:
    """The list has no more events than the history."""
    sts = in_process_aws.client("sts")
    url = f"http://motoapi.amazonaws.com{PREFIX}/ui/events/rows"
    for _ in range(8):
        sts.get_caller_identity()
    assert 'data-total="8"' in requests.get(url, timeout=30).text
    in_process_aws.settings(cloudtrail_max_events=3)
    answer = requests.get(url, timeout=30)
    assert 'data-total="3"' in answer.text
    assert len(cells(answer, NAME)) == 3


def test_event_is_not_found_by_its_request(aws: Aws, get: Get) -> None:
    """An event's page is there under its own id and under the id of its request."""
    eks = aws.client("eks")
    request_id = eks.list_clusters()["ResponseMetadata"]["RequestId"]
    [record] = aws.records(event_name="ListClusters")
    page = get(f"/ui/events/{record['eventID']}")
    assert page.status_code == 200
    # The server's time is above.
    assert main(get(f"/ui/events/{request_id}")) == main(page)


def test_failure_without_decision_is_not_told_apart(aws: Aws, get: Get) -> None:
    """A call that failed without being judged says so, and why no policy had a part in it."""

    def why() -> str:
        [path] = re.findall(
            r"/ui/events/[0-9a-f-]{36}", get("/ui/events/rows?event=DescribeCluster").text
        )[:1]
        return get(path).text

    eks = aws.client("eks")
    with pytest.raises(ClientError):
        eks.describe_cluster(name="nobody")
    assert "Policies had no part in it" in why()
    aws.settings(iam_enforcement="sessions")
    assert "No decision is kept for this call" in why()


def test_page_shows_a_secret(aws: Aws, get: Get) -> None:
    """No view has a token, a secret key or a session token, though CloudTrail shows one of them."""
    shop = open_shop(aws)
    paths = set(PLAIN_VIEWS)
    for path in ("/ui/events", "/ui/pods"):
        found = re.findall(rf'href="{PREFIX}(/ui/(?:events|pods)/[^"]+)"', get(path).text)
        paths |= set(found)
    assert len(paths) > len(PLAIN_VIEWS) + 8
    texts = {path: html.unescape(get(path).text) for path in paths}
    for secret in (shop.pod["secretAccessKey"], shop.pod["sessionToken"]):
        assert [path for path, text in texts.items() if secret in text] == []
    assert any(
        '"sessionToken"</span>: <span class="string">"(not shown' in t for t in texts.values()
    )
    assert not any(re.search(r"eyJ[\w-]+\.eyJ", text) for text in texts.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON)
def test_record_reads_otherwise_on_the_page(value: Any) -> None:
    """What a browser shows of a value is that value as JSON, and nothing of it is markup."""
    own = r'<span class="(?:key|string|constant)">|</span>'
    plain = re.sub(own, "", highlighted(value))
    assert not re.search("[<>\"']", plain)
    assert json.loads(html.unescape(plain)) == value


@given(value=JSON)
def test_hiding_secrets_alters_something_else(value: Any) -> None:
    """Only texts under names of secrets are hidden."""
    hidden = without_secrets({"sessionToken": "s", "token": None, "inner": [{"value": value}]})
    assert hidden["sessionToken"] == "(not shown here)"
    assert (hidden["token"], hidden["inner"]) == (None, [{"value": without_secrets(value)}])


# The stream


def first_lines(response: requests.Response, count: int) -> list[str]:
    lines: list[str] = []
    for line in response.iter_lines(decode_unicode=True):
        lines.append(line)
        if len(lines) == count:
            break
    return lines


class Streams:
    """Streams of a server, which are closed in the end."""

    def __init__(self, aws: Aws) -> None:
        self._url = f"{aws.endpoint_url}{PREFIX}/ui/stream"
        self.opened: list[requests.Response] = []

    def __call__(self, **headers: str) -> requests.Response:
        self.opened.append(requests.get(self._url, headers=headers, stream=True, timeout=30))
        return self.opened[-1]

    def held(self) -> Iterator[str]:
        """The fields of a stream that is held, after the first one.

        The server finds out that somebody went away when it writes to them.
        """
        deadline = time.monotonic() + 14
        while time.monotonic() < deadline:
            lines: Iterator[str] = self().iter_lines(decode_unicode=True)
            if next(lines) == "retry: 250":
                return (line for line in lines if line and not line.startswith(":"))
        pytest.fail("there is no room for a stream")


@pytest.fixture
def streams(server_aws: Aws) -> Iterator[Streams]:
    made = Streams(server_aws)
    yield made
    for one in made.opened:
        one.close()


def test_stream_says_nothing_of_a_call(server_aws: Aws, streams: Streams) -> None:
    """A stream tells where it is, then of each call, and goes on where another one ended."""
    lines = streams.held()
    assert streams.opened[-1].headers["Content-Type"] == "text/event-stream; charset=utf-8"
    begun = [next(lines) for _ in range(3)]
    assert begun[1] == "event: recorded"
    number = int(begun[2].removeprefix("data: "))
    server_aws.client("sts").get_caller_identity()
    told = [next(lines) for _ in range(3)]
    assert told[1:3] == ["event: recorded", f"data: {number + 1}"]
    seen = told[0].removeprefix("id: ")
    server_aws.client("sts").get_caller_identity()
    assert first_lines(streams(**{"Last-Event-ID": seen}), 5)[4] == f"data: {number + 2}"


def test_stream_does_not_notice_a_reset(server_aws: Aws, streams: Streams) -> None:
    """Whoever comes back after moto was reset is told so."""
    seen = first_lines(streams(), 3)[2].removeprefix("id: ")
    requests.post(f"{server_aws.endpoint_url}/moto-api/reset", timeout=30)
    assert first_lines(streams(**{"Last-Event-ID": seen}), 4)[3] == "event: reset"


def test_streams_take_all_threads(in_process_aws: Aws) -> None:
    """So many streams are held; one more gets what there is, and ends; one that ends makes room."""

    def begun() -> Iterator[bytes]:
        body = stream_of(Request(streams=True)).body
        assert isinstance(body, Iterator)
        return body

    held = [begun() for _ in range(MOST)]
    assert [next(one) for one in held] == [b"retry: 250\n\n"] * MOST
    refused = list(begun())
    assert refused[0] == b"retry: 5000\n\n"
    assert b"event: recorded" in refused[1]
    held[0].close()  # type: ignore[attr-defined]
    held[0] = begun()
    assert next(held[0]) == b"retry: 250\n\n"
    for one in held:
        one.close()  # type: ignore[attr-defined]


def test_stream_of_nobody_is_held(streams: Streams) -> None:
    """A client that went away makes room, long before its stream would have ended."""
    for _ in range(2 * MOST):
        next(streams().iter_lines())
    for one in streams.opened:
        one.close()
    streams.held()


def test_stream_inside_a_mock_has_no_end(in_process_aws: Aws) -> None:
    """Inside a mock, where nobody reads in parts, a stream ends at once."""
    url = f"http://motoapi.amazonaws.com{PREFIX}/ui/stream"
    in_process_aws.client("sts").get_caller_identity()
    answer = requests.get(url, timeout=30)
    assert "event: recorded\ndata: 1\n\n" in answer.text


def test_filters_are_not_those_of_the_form(in_process_aws: Aws) -> None:
    """The form has a control for each filter, but for the one that only links name."""
    url = f"http://motoapi.amazonaws.com{PREFIX}/ui/events"
    names = re.findall(r'name="(\w+)"', requests.get(url, timeout=30).text)
    assert {*names, "session"} - {"viewport"} >= set(FILTERS)


def test_other_account_is_left_out(aws: Aws, get: Get) -> None:
    """The page is about all accounts and regions."""
    aws.client_of_account(OTHER_ACCOUNT, "eks", "eu-west-1").create_cluster(
        name="elsewhere",
        roleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1"]},
    )
    assert "elsewhere" in get("/ui/clusters").text
    assert cells(get("/ui/events/rows"), NAME)[0] == "CreateCluster"
