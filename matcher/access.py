"""Who may see and do what: roles, and the organisation that a caller acts for.

Nothing here knows how callers are told apart; see the API's security.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; each may do what those before it may."""

    READER = "reader"  # ask, and read what everybody may see
    CONTRIBUTOR = "contributor"  # write the records of their own organisation
    OFFICER = "officer"  # an office's desk, contacts, and the confidential needs of those whom the office serves
    ADMIN = "admin"  # everything, keys and organisations too

    @property
    def rank(self) -> int:
        """From 0 up."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks.

    :param organisation: that they act for; None only for an admin, or for a reader without a key.
    :param served: the organisations that theirs serves as an office, itself included.
    :param key: id of the API key, for the history and the audit log; None on a machine open for trying.
    """

    role: Role
    organisation: str | None = None
    served: frozenset[str] = frozenset()
    key: str | None = None

    def is_at_least(self, role: Role) -> bool:
        """Tell whether the caller may do what `role` may."""
        return self.role.rank >= role.rank

    def may_edit(self, owner: str | None) -> bool:
        """Tell whether the caller may write a record of `owner`'s; what nobody owns is the admin's."""
        if self.role is Role.ADMIN:
            return True
        if owner is None or not self.is_at_least(Role.CONTRIBUTOR):
            return False
        return owner == self.organisation or (self.role is Role.OFFICER and owner in self.served)

    def sees_contact(self, owner: str | None) -> bool:
        """Tell whether the caller may see how to reach a partner of `owner`'s: any officer, and the owner."""
        return self.is_at_least(Role.OFFICER) or self.may_edit(owner)

    def sees_confidential(self, owner: str | None) -> bool:
        """Tell whether the caller may read the text of a confidential need of `owner`'s: its office, and the owner."""
        return self.may_edit(owner)


EVERYTHING = Caller(Role.ADMIN)
EVERYBODY = Caller(Role.READER)  # without a key
