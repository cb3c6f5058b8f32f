"""The table of associations against a model: a plain list, searched from end to end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from moto_eks_podid.identity.association_table import (
    AssociationIdTaken,
    AssociationTable,
    DuplicateAssociation,
)
from moto_eks_podid.identity.associations import Association
from moto_eks_podid.identity.page_tokens import InvalidPageToken
from moto_eks_podid.identity.request_tokens import RequestTokenReused

NOW = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
NAMES = st.sampled_from(["a", "b", "c"])
FILTER = st.none() | NAMES


def association(number: int, namespace: str, service_account: str) -> Association:
    return Association(
        cluster_name="prod-blue",
        namespace=namespace,
        service_account=service_account,
        role_arn="arn:aws:iam::111122223333:role/cart",
        association_arn=f"arn:aws:eks:us-west-2:111122223333:podidentityassociation/x/{number}",
        association_id=str(number),
        created_at=NOW,
        modified_at=NOW,
    )


def listed(table: AssociationTable) -> list[Association]:
    everything, following = table.page(
        namespace=None, service_account=None, limit=10_000, token=None
    )
    assert following is None
    return everything


class TableMachine(RuleBasedStateMachine):
    """Any sequence of changes and pages."""

    tokens = Bundle("tokens")

    @initialize()
    def begin(self) -> None:
        self.table = AssociationTable()
        self.model: list[Association] = []
        self.number = 0
        #: Request token -> its parameters, and the id of what it made.
        self.requests: dict[str, tuple[str, str]] = {}

    @rule(namespace=NAMES, service_account=NAMES)
    def add(self, namespace: str, service_account: str) -> None:
        self.number += 1
        made = association(self.number, namespace, service_account)
        there = self.of(namespace, service_account)
        if there is None:
            self.table.add(made)
            self.model.append(made)
        else:
            with pytest.raises(DuplicateAssociation) as caught:
                self.table.add(made)
            assert caught.value.association_id == there.association_id

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.model))
        self.table.remove(gone.association_id)
        self.model.remove(gone)
        assert self.table.get(gone.association_id) is None
        self.requests = {
            request: about
            for request, about in self.requests.items()
            if about[1] != gone.association_id
        }

    @precondition(lambda self: self.model)
    @rule(data=st.data(), namespace=NAMES, service_account=NAMES)
    def add_with_an_id_that_is_there(
        self, data: st.DataObject, namespace: str, service_account: str
    ) -> None:
        there = data.draw(st.sampled_from(self.model))
        with pytest.raises(AssociationIdTaken, match=there.association_id):
            self.table.add(association(int(there.association_id), namespace, service_account))

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.model) - 1))
        before = self.model[place]
        changed = replace(before, modified_at=before.modified_at + timedelta(seconds=1))
        self.table.replace(changed)
        self.model[place] = changed

    @rule(namespace=FILTER, service_account=FILTER, limit=st.integers(1, 3), target=tokens)
    def first_page(self, namespace: str | None, service_account: str | None, limit: int):  # type: ignore[no-untyped-def]
        return self._page(namespace, service_account, limit, None, 0)

    @rule(token=consumes(tokens), limit=st.integers(1, 3), target=tokens)
    def next_page(self, token: tuple[str, str | None, str | None, int], limit: int):  # type: ignore[no-untyped-def]
        text, namespace, service_account, last = token
        return self._page(namespace, service_account, limit, text, last)

    @rule(token=tokens, namespace=FILTER, service_account=FILTER)
    def page_of_another_query(
        self,
        token: tuple[str, str | None, str | None, int],
        namespace: str | None,
        service_account: str | None,
    ) -> None:
        if (namespace, service_account) != token[1:3]:
            with pytest.raises(InvalidPageToken):
                self.table.page(
                    namespace=namespace, service_account=service_account, limit=1, token=token[0]
                )

    @precondition(lambda self: self.model)
    @rule(request=st.sampled_from("xyz"), parameters=st.sampled_from("pq"), data=st.data())
    def remember(self, request: str, parameters: str, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.model))
        if request in self.requests:
            with pytest.raises(RequestTokenReused):
                self.table.remember(request, parameters, one.association_id)
        else:
            self.table.remember(request, parameters, one.association_id)
            self.requests[request] = (parameters, one.association_id)

    @rule(request=st.sampled_from("xyz"), parameters=st.sampled_from("pq"))
    def ask_again(self, request: str, parameters: str) -> None:
        earlier, association_id = self.requests.get(request, (parameters, ""))
        there = next((one for one in self.model if one.association_id == association_id), None)
        if earlier != parameters:
            with pytest.raises(RequestTokenReused):
                self.table.answered(request, parameters)
        else:
            assert self.table.answered(request, parameters) == there

    @rule(parameters=st.sampled_from("pq"))
    def ask_without_a_request_token(self, parameters: str) -> None:
        self.table.remember(None, parameters, "1")
        assert self.table.answered(None, parameters) is None

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert listed(self.table) == self.model
        assert len(self.table) == len(self.model)
        assert set(self.table.requests._requests) == set(self.requests)
        for one in self.model:
            assert self.table.get(one.association_id) == one
            assert one.association_id in self.table
        for namespace in "abc":
            for service_account in "abc":
                found = self.table.find(namespace, service_account)
                assert found == self.of(namespace, service_account)
        assert self.table.get("0") is None
        assert "0" not in self.table

    def of(self, namespace: str, service_account: str) -> Association | None:
        subject = (namespace, service_account)
        same = [one for one in self.model if (one.namespace, one.service_account) == subject]
        assert len(same) <= 1
        return same[0] if same else None

    def _page(  # type: ignore[no-untyped-def]
        self,
        namespace: str | None,
        service_account: str | None,
        limit: int,
        token: str | None,
        last: int,
    ):
        """Compare a page with what the list holds after `last`; give its token on."""
        matching = [
            one
            for one in self.model
            if namespace in (None, one.namespace)
            and service_account in (None, one.service_account)
            and int(one.association_id) > last
        ]
        page, following = self.table.page(
            namespace=namespace, service_account=service_account, limit=limit, token=token
        )
        assert page == matching[:limit]
        assert (following is None) == (len(matching) <= limit)
        if following is None:
            return multiple()
        return (following, namespace, service_account, int(page[-1].association_id))


TestTable = TableMachine.TestCase
TestTable.__doc__ = """Found by id and by subject, listed in pages that never skip or repeat."""


def test_deleted_subject_cannot_be_added_again() -> None:
    """What was removed can be added again, as the last one."""
    table = AssociationTable()
    first, second = association(1, "a", "a"), association(2, "b", "b")
    table.add(first)
    table.add(second)
    table.remove("1")
    table.add(association(3, "a", "a"))
    assert [one.association_id for one in listed(table)] == ["2", "3"]


def test_request_tokens_are_kept_for_ever() -> None:
    """A removed association takes the tokens of its requests along, those of updates too."""
    table = AssociationTable()
    for number in range(100):
        table.add(association(number, "a", str(number)))
        for request in ("create", "update", "another update"):
            table.remember(f"{request} {number}", "parameters", str(number))
    for number in range(100):
        table.remove(str(number))
    requests = table.requests
    assert (requests._requests, requests._tokens_about) == ({}, {})


def test_request_token_keeps_its_parameters() -> None:
    """Of a request's parameters a digest is kept, however long they were."""
    table = AssociationTable()
    table.add(association(1, "a", "a"))
    table.remember("t", "x" * 100_000, "1")
    assert all(len(kept) == 32 for kept, _ in table.requests._requests.values())
    assert table.answered("t", "x" * 100_000) == association(1, "a", "a")
    with pytest.raises(RequestTokenReused):
        table.answered("t", "x" * 99_999)
