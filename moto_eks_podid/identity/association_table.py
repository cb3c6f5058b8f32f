"""The associations of one cluster: found by id and by service account, listed in pages."""

from __future__ import annotations

from collections.abc import Iterator

from .associations import Association
from .page_tokens import PageTokens
from .request_tokens import RequestTokens


class DuplicateAssociation(ValueError):
    """The namespace and service account have an association already: ``association_id``."""

    def __init__(self, association_id: str) -> None:
        super().__init__(association_id)
        self.association_id = association_id


class AssociationIdTaken(ValueError):
    """An association with that id is there already: its maker has to draw another one."""


class AssociationTable:
    """Associations in the order in which they were made. Only changes need the owner's lock.

    At most one association for each (namespace, service account). Every lookup is by index; a page
    costs a walk over the cluster's associations.
    """

    def __init__(self) -> None:
        self._page_tokens = PageTokens()
        self._entries: dict[int, Association] = {}
        self._number_of: dict[str, int] = {}
        self._id_of: dict[tuple[str, str], str] = {}
        self.requests = RequestTokens()
        self._last_number = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, association_id: str) -> bool:
        return association_id in self._number_of

    def __iter__(self) -> Iterator[Association]:
        return iter(list(self._entries.values()))

    def get(self, association_id: str) -> Association | None:
        """Return the association with that id, if there is one."""
        number = self._number_of.get(association_id)
        # Whoever looks up need not have the lock, and a deletion may come between the two.
        return None if number is None else self._entries.get(number)

    def find(self, namespace: str, service_account: str) -> Association | None:
        """Return the association of a service account, if it has one."""
        association_id = self._id_of.get((namespace, service_account))
        return None if association_id is None else self.get(association_id)

    def add(self, association: Association) -> None:
        """Put an association at the end.

        :raises AssociationIdTaken: when another one has its id
        :raises DuplicateAssociation: when the service account has one already
        """
        if association.association_id in self:
            raise AssociationIdTaken(association.association_id)
        subject = (association.namespace, association.service_account)
        if subject in self._id_of:
            raise DuplicateAssociation(self._id_of[subject])
        self._last_number += 1
        self._entries[self._last_number] = association
        self._number_of[association.association_id] = self._last_number
        self._id_of[subject] = association.association_id

    def replace(self, association: Association) -> None:
        """Put a changed association in the place of the one with its id, which must be there."""
        self._entries[self._number_of[association.association_id]] = association

    def remove(self, association_id: str) -> None:
        """Take out the association with that id, which must be there, and forget its requests."""
        gone = self._entries.pop(self._number_of.pop(association_id))
        del self._id_of[gone.namespace, gone.service_account]
        self.requests.forget(association_id)

    def answered(self, client_request_token: str | None, parameters: str) -> Association | None:
        """Return what an earlier request with the same token and parameters made, if it is there.

        :raises RequestTokenReused: when the earlier request had other parameters
        """
        association_id = self.requests.answered(client_request_token, parameters)
        return None if association_id is None else self.get(association_id)

    def remember(
        self, client_request_token: str | None, parameters: str, association_id: str
    ) -> None:
        """Remember what a request with a token was about; nothing without a token.

        :param association_id: of an association that is there
        :raises RequestTokenReused: for a token that is remembered already
        """
        self.requests.remember(client_request_token, parameters, association_id)

    def page(
        self,
        *,
        namespace: str | None,
        service_account: str | None,
        limit: int,
        token: str | None,
    ) -> tuple[list[Association], str | None]:
        """Return a page of associations that match both filters exactly, and the next page's token.

        :raises InvalidPageToken: for a token that was not issued for these filters
        """
        filters = {"namespace": namespace, "service_account": service_account}
        query = {name: value for name, value in filters.items() if value is not None}
        last = self._page_tokens.read(token, query) if token is not None else 0
        page: list[Association] = []
        for number, association in self._entries.items():
            if number <= last or not all(
                getattr(association, name) == value for name, value in query.items()
            ):
                continue
            if len(page) == limit:
                return page, self._page_tokens.issue(
                    self._number_of[page[-1].association_id], query
                )
            page.append(association)
        return page, None
