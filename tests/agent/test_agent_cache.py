"""What the agent caches: hits, renewal, retries, limits, requests that wait for each other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from time import sleep

import pytest
from agents import agent_of, ask, calls_of_eks_auth, get, until
from aws_under_test import ACCOUNT, CLUSTER, Aws
from freezegun import freeze_time
from pods import prepare

import moto_eks_podid as podid
from moto_eks_podid.agent import application
from moto_eks_podid.agent.answers import EksAuthRefused, PodCredentials, Refused
from moto_eks_podid.agent.application import ProbeEndpoint
from moto_eks_podid.agent.cache import CacheLimits, CredentialCache
from moto_eks_podid.agent.limits import TokenBucket
from moto_eks_podid.agent.metrics import Metrics

HOUR = 3600.0
DEFAULT = CacheLimits(renew_after=3 * HOUR, max_size=2000, renewals_per_second=3)


class EksAuthDouble:
    """Gives credentials of six hours, at a time of its own; does what it is told to."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.life = 6 * HOUR
        self.failure: Refused | None = None
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def now(self) -> float:
        return self.time

    def fetch(self, token: str) -> PodCredentials:
        self.asked.append(token)
        assert self.may_answer.wait(30)
        if self.failure is not None:
            raise self.failure
        expires_at = datetime.fromtimestamp(self.time, timezone.utc) + timedelta(seconds=self.life)
        return PodCredentials(f"ASIA{len(self.asked)}", "secret", "session", ACCOUNT, expires_at)


@pytest.fixture
def eks_auth() -> EksAuthDouble:
    return EksAuthDouble()


class Cached:
    """A cache in front of the double."""

    def __init__(self, eks_auth: EksAuthDouble, limits: CacheLimits = DEFAULT) -> None:
        self.metrics = Metrics()
        self.cache = CredentialCache(eks_auth.fetch, eks_auth.now, self.metrics, limits)

    def key(self, pod: str = "pod", token: str | None = None) -> str:
        return self.cache.get(pod, token or pod).access_key_id

    def counted(self, sample: str) -> bool:
        return sample in self.metrics.text().splitlines()


def refusal(code: str) -> EksAuthRefused:
    return EksAuthRefused(400, code, code, irrecoverable=code == "AccessDeniedException")


# Hits and renewal


def test_second_request_asks_again(eks_auth: EksAuthDouble) -> None:
    """A pod's credentials come from the cache, each pod's its own."""
    cached = Cached(eks_auth)
    assert [cached.key(), cached.key(), cached.key("other"), cached.key()] == [
        *("ASIA1", "ASIA1", "ASIA2", "ASIA1")
    ]


def test_credentials_are_renewed_at_another_time(eks_auth: EksAuthDouble) -> None:
    """After three hours credentials are renewed, in a sweep that comes once a minute."""
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.time += 3 * HOUR
    assert cached.key() == "ASIA1"
    eks_auth.time += 59
    assert cached.key() == "ASIA1"
    eks_auth.time += 2
    assert cached.key() == "ASIA2"
    assert cached.counted('pod_identity_cache_state{state="hit"} 1')
    assert cached.counted('pod_identity_cache_state{state="miss"} 1')


def test_short_credentials_are_kept_for_three_hours(eks_auth: EksAuthDouble) -> None:
    """Credentials of an hour, as those of a target role, are renewed when they end."""
    eks_auth.life = HOUR
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.time += HOUR - 60
    assert cached.key() == "ASIA1"
    eks_auth.time += 61
    assert cached.key() == "ASIA2"


def test_credentials_that_are_about_to_end_are_given_out(eks_auth: EksAuthDouble) -> None:
    """What has 15 seconds left is not given out any more, sweep or no sweep."""
    eks_auth.life = HOUR
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.time += HOUR - 30
    assert cached.key() == "ASIA1"
    eks_auth.time += 15
    assert cached.key() == "ASIA2"
    assert cached.counted('pod_identity_cache_state{state="evicted"} 1')


@pytest.mark.parametrize(("life", "text"), [(15, "15.00"), (0.125, "0.12"), (-60, "-60.00")])
def test_useless_credentials_are_stored(eks_auth: EksAuthDouble, life: float, text: str) -> None:
    """Credentials that come with no more than 15 seconds are an error."""
    eks_auth.life = life
    with pytest.raises(Refused) as caught:
        Cached(eks_auth).key()
    assert caught.value.status == 500
    assert caught.value.text == (
        f"fetched credentials are expired or will expire within the next {text} seconds"
    )


def test_irrecoverable_error_keeps_credentials(eks_auth: EksAuthDouble) -> None:
    """When EKS Auth says at renewal that a pod gets nothing, the pod gets nothing."""
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.time += 3 * HOUR + 61
    eks_auth.failure = refusal("AccessDeniedException")
    with pytest.raises(EksAuthRefused):
        cached.key()
    # The renewal, and then the request.
    assert len(eks_auth.asked) == 3
    errors = 'pod_identity_cache_errors{code="AccessDeniedException",type="NonRecoverable"} 1'
    assert cached.counted(errors)


@pytest.mark.parametrize("code", ["ThrottlingException", ""])
def test_trouble_takes_credentials_away(eks_auth: EksAuthDouble, code: str) -> None:
    """When a renewal fails otherwise, the old credentials go on, and the renewal is tried again
    after one to two minutes, until they end."""
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.time += 3 * HOUR + 61
    eks_auth.failure = refusal(code)
    assert cached.key() == "ASIA1"
    assert len(eks_auth.asked) == 2
    eks_auth.time += 60
    assert cached.key() == "ASIA1"
    assert len(eks_auth.asked) == 2
    eks_auth.time += 61
    assert cached.key() == "ASIA1"
    assert len(eks_auth.asked) == 3
    assert cached.counted(f'pod_identity_cache_errors{{code="{code}",type="Recoverable"}} 2')
    eks_auth.failure = None
    eks_auth.time += 121
    assert cached.key() == "ASIA4"


def test_credentials_outlive_their_end(eks_auth: EksAuthDouble) -> None:
    """Credentials that could not be renewed are dropped when they end."""
    cached = Cached(eks_auth)
    cached.key()
    eks_auth.failure = refusal("ThrottlingException")
    eks_auth.time += 6 * HOUR + 1
    with pytest.raises(EksAuthRefused):
        cached.key()
    assert cached.counted('pod_identity_cache_state{state="evicted"} 1')


def test_renewals_come_all_at_once(eks_auth: EksAuthDouble) -> None:
    """Of many pods, three a second are renewed; the others keep what they have for a while."""
    cached = Cached(eks_auth)
    for number in range(5):
        cached.key(f"pod-{number}")
    eks_auth.time += 3 * HOUR + 61
    cached.cache.sweep_if_due()
    assert len(eks_auth.asked) == 5 + 3
    assert cached.key("pod-4") == "ASIA5"
    eks_auth.time += 121
    cached.cache.sweep_if_due()
    assert len(eks_auth.asked) == 5 + 3 + 2


def test_time_that_goes_back_stops_renewal(eks_auth: EksAuthDouble) -> None:
    """After a test moved time and moved it back, sweeps go on."""
    cached = Cached(eks_auth)
    eks_auth.time += 100 * HOUR
    cached.cache.sweep_if_due()
    eks_auth.time -= 100 * HOUR
    cached.key()
    eks_auth.time += 3 * HOUR + 61
    assert cached.key() == "ASIA2"


def test_oldest_pod_stays_in_a_full_cache(eks_auth: EksAuthDouble) -> None:
    """Of more pods than fit, the one that was stored first goes."""
    cached = Cached(eks_auth, CacheLimits(3 * HOUR, max_size=2, renewals_per_second=3))
    for pod in ("a", "b", "c"):
        cached.key(pod)
    assert cached.key("b") == "ASIA2"
    assert cached.key("a") == "ASIA4"


def test_impossible_cache_is_made() -> None:
    """A cache that its renewals could not keep up with is refused in the real agent's words."""
    with pytest.raises(ValueError, match=r"Refresh QPS is too small \(3\).*\(10\.00s\).*\(2000\)"):
        podid.PodIdentityAgent("prod", max_credential_retention=10)


def test_renewed_token_is_not_used(eks_auth: EksAuthDouble) -> None:
    """A pod that is known by its uid keeps its credentials when its token is renewed, and its
    newest token renews them."""
    cached = Cached(eks_auth)
    assert cached.key("pod", "token-1") == "ASIA1"
    assert cached.key("pod", "token-2") == "ASIA1"
    eks_auth.time += 3 * HOUR + 61
    assert cached.key("pod", "token-2") == "ASIA2"
    assert eks_auth.asked == ["token-1", "token-2"]


# Requests at the same time


def test_concurrent_requests_all_ask(eks_auth: EksAuthDouble) -> None:
    """Of requests with one token at the same time, one asks EKS Auth."""
    cached = Cached(eks_auth)
    with ThreadPoolExecutor(8) as pool:
        eks_auth.may_answer.clear()
        answers = [pool.submit(cached.key) for _ in range(8)]
        until(lambda: len(eks_auth.asked) == 1)
        eks_auth.may_answer.set()
        assert {answer.result() for answer in answers} == {"ASIA1"}
    assert len(eks_auth.asked) == 1


def test_requests_wait_forever(eks_auth: EksAuthDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that has waited long enough for another one asks for itself."""
    monkeypatch.setattr("moto_eks_podid.agent.cache._PATIENCE", 0.01)
    cached = Cached(eks_auth)
    eks_auth.may_answer.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cached.key)
        second = pool.submit(cached.key)
        until(lambda: len(eks_auth.asked) == 2)
        eks_auth.may_answer.set()
        assert {first.result(), second.result()} <= {"ASIA2"}


def test_failure_of_one_request_fails_the_others(eks_auth: EksAuthDouble) -> None:
    """A request whose forerunner failed asks for itself, and nothing of the failure stays."""
    cached = Cached(eks_auth)
    eks_auth.failure = refusal("ThrottlingException")
    with pytest.raises(EksAuthRefused):
        cached.key()
    eks_auth.failure = None
    assert cached.key() == "ASIA2"


# Limits


def test_bucket_allows_more() -> None:
    """A burst, then the rate; time that goes back gives nothing, and takes nothing either."""
    time = [100.0]
    bucket = TokenBucket(10, 5, lambda: time[0])
    assert [bucket.allow() for _ in range(6)] == [True] * 5 + [False]
    time[0] += 0.25
    assert [bucket.allow() for _ in range(3)] == [True, True, False]
    time[0] -= 50
    assert not bucket.allow()
    time[0] += 100
    assert [bucket.allow() for _ in range(6)] == [True] * 5 + [False]


def test_requests_are_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than 500 requests at once the rest is told to go away, until time passes."""
    time = [0.0]
    monkeypatch.setattr(application, "elapsed", lambda: time[0])
    with podid.PodIdentityAgent(CLUSTER) as agent:
        statuses = [ask(agent.url).status for _ in range(501)]
        assert statuses == [400] * 500 + [429]
        answer = ask(agent.url)
        assert answer.body == "Too Many Requests\n"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        time[0] += 1
        assert ask(agent.url).status == 400


def test_frozen_time_refuses_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is one of real time, which a test does not freeze."""
    monkeypatch.setattr(application, "REQUESTS_PER_SECOND", 2)
    with freeze_time("2026-03-01T00:00:00Z"), podid.PodIdentityAgent(CLUSTER) as agent:
        assert 429 in [ask(agent.url).status for _ in range(10)]
        sleep(1)
        assert ask(agent.url).status == 400


# In a running agent


@pytest.fixture
def agent(aws: Aws) -> Iterator[podid.PodIdentityAgent]:
    prepare(aws)
    with agent_of(aws) as running:
        yield running


def test_eks_auth_is_called_for_each_request(aws: Aws, agent: podid.PodIdentityAgent) -> None:
    """Eight requests at once, and one later, are one call in CloudTrail."""
    token = aws.token()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(agent.url, token), range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.body for answer in answers}) == 1
    assert ask(agent.url, token).body == answers[0].body
    assert len(calls_of_eks_auth(aws)) == 1


def test_new_token_shares_credentials(aws: Aws, agent: podid.PodIdentityAgent) -> None:
    """Version 0.1 knows a pod by its token: after a renewal of the token it asks again."""
    pod = {"pod_name": "cart-0"}
    assert ask(agent.url, aws.token(**pod)).body != ask(agent.url, aws.token(**pod)).body
    assert len(calls_of_eks_auth(aws)) == 2


def test_cache_cannot_be_switched_off(aws: Aws) -> None:
    """Without a cache every request is a call."""
    prepare(aws)
    token = aws.token()
    for off in ({"max_cache_size": 0}, {"max_credential_retention": 0}):
        before = len(calls_of_eks_auth(aws))
        with agent_of(aws, **off) as agent:
            assert ask(agent.url, token).body != ask(agent.url, token).body
        assert len(calls_of_eks_auth(aws)) == before + 2


def test_moved_time_renews_nothing(aws: Aws, agent: podid.PodIdentityAgent) -> None:
    """The agent lives in the plugin's time, a server's too: moved by three hours, it renews; moved
    by a day, it refuses what has expired meanwhile."""
    token = aws.token()
    first = ask(agent.url, token)
    aws.shift(3 * HOUR + 61)
    # An agent looks at a server's clock once a second.
    until(lambda: ask(agent.url, token).body != first.body)
    assert len(calls_of_eks_auth(aws)) == 2
    aws.shift(25 * HOUR)
    until(lambda: ask(agent.url, token).status != 200)
    assert ask(agent.url, token).body.endswith("token is expired\n")
    # A token of that time is good at once.
    assert ask(agent.url, aws.token()).status == 200


def test_frozen_time_does_not_count(in_process_aws: Aws) -> None:
    """Frozen time is the agent's time."""
    with freeze_time("2026-03-01 12:00:00") as frozen:
        prepare(in_process_aws)
        token = in_process_aws.token()
        with agent_of(in_process_aws) as agent:
            first = ask(agent.url, token)
            assert first.json["Expiration"] == "2026-03-01T18:00:00Z"
            frozen.tick(timedelta(hours=3, seconds=61))
            assert ask(agent.url, token).json["Expiration"] == "2026-03-01T21:01:01Z"
            frozen.tick(timedelta(days=1))
            assert ask(agent.url, token).status == 400


def test_removed_association_goes_on_giving_credentials(
    aws: Aws, agent: podid.PodIdentityAgent
) -> None:
    """A pod keeps its credentials until they are renewed, whatever happens to its association."""
    token = aws.token()
    first = ask(agent.url, token)
    eks = aws.client("eks")
    [association] = eks.list_pod_identity_associations(clusterName="prod-blue")["associations"]
    eks.delete_pod_identity_association(
        clusterName="prod-blue", associationId=association["associationId"]
    )
    assert ask(agent.url, token).body == first.body
    aws.shift(3 * HOUR + 61)
    until(lambda: ask(agent.url, token).status != 200)
    assert "(ResourceNotFoundException)" in ask(agent.url, token).body


# Metrics and probes


def test_dashboard_of_the_real_agent_is_empty(aws: Aws) -> None:
    """/metrics has the real agent's counters, in Prometheus's text format."""
    aws.create_cluster()
    with agent_of(aws, metrics_port=0) as agent:
        assert get(agent.metrics_url).body == ""
        ask(agent.url, aws.token())
        ask(agent.url)
        ask(agent.url)
        answer = get(agent.metrics_url)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.body.splitlines() == [
        "# HELP pod_identity_cache_state The state of credential in cache",
        "# TYPE pod_identity_cache_state counter",
        'pod_identity_cache_state{state="miss"} 1',
        "# HELP pod_identity_http_response Pod Identity http response code",
        "# TYPE pod_identity_http_response counter",
        'pod_identity_http_response{code="400"} 2',
        'pod_identity_http_response{code="404"} 1',
    ]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_healthy_agent_is_ill(path: str) -> None:
    """Probes answer 200 with nothing, at the probe port and beside the metrics."""
    with podid.PodIdentityAgent(CLUSTER, probe_port=0, metrics_port=0) as agent:
        beside = agent.metrics_url.removesuffix("/metrics")
        for url in (agent.probe_url, beside):
            answer = get(url + path)
            assert (answer.status, answer.body) == (200, "")
        assert get(agent.probe_url + "/metrics").status == 404


def test_ill_agent_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes answer 500 unless each address of the agent answers 404, and 408 if one is slow."""
    with podid.PodIdentityAgent(CLUSTER) as agent:
        assert ProbeEndpoint([agent.url])({}).status_code == 200
        gone = agent.url
    ill = ProbeEndpoint([gone])({})
    assert (ill.status_code, ill.get_data(as_text=True)) == (500, "Internal Server Error occurred")
    monkeypatch.setattr("moto_eks_podid.agent.application._PROBE_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = ProbeEndpoint([f"http://127.0.0.1:{silent.getsockname()[1]}"])({})
    assert (slow.status_code, slow.data) == (408, b"")
