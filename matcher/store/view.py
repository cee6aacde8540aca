"""What of a record a caller may see: everybody the public part, its owner and the owner's office all of it."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.access import Caller, Role
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store.rows import public_evidence, public_outcome, public_partner
from matcher.store.tables import PartnerRow


def owners_of(caller: Caller) -> frozenset[str] | None:
    """Return the organisations whose records the caller may edit (see `Caller.may_edit`); None: all."""
    if caller.role is Role.ADMIN:
        return None
    if not caller.is_at_least(Role.CONTRIBUTOR):
        return frozenset()
    served = caller.served if caller.role is Role.OFFICER else frozenset()
    return served | ({caller.organisation} if caller.organisation else frozenset())


def hidden_partners(session: Session, caller: Caller) -> frozenset[str]:
    """Return the ids of the partners that withdrew and that the caller may not edit."""
    withdrawn = session.execute(select(PartnerRow.id, PartnerRow.owner).where(PartnerRow.consent.is_(False)))
    return frozenset(id_ for id_, owner in withdrawn if not caller.may_edit(owner))


def seen_by(record: Record, caller: Caller, hidden: frozenset[str]) -> Record | None:
    """Return what the caller may see of a record, None where not even that it exists.

    :param hidden: see `hidden_partners`.
    """
    seen: Record | None = record
    if isinstance(record, Partner):
        if record.id in hidden:
            return None
        seen = record if caller.sees_contact(record.owner) else public_partner(record)
    elif isinstance(record, Evidence) and not caller.sees_confidential(record.owner):
        seen = public_evidence(replace(record, summary=record.summary if record.confidential else None), hidden)
    elif isinstance(record, Outcome) and not caller.may_edit(record.owner):
        seen = public_outcome(record, hidden)
    return seen


def read_by_role(record: Record, caller: Caller) -> bool:
    """Tell whether what the caller is shown of a record holds what is private of another organisation's.

    That is a contact, a confidential text or what was told of an outcome, which only their role opens to them:
    reading it leaves an entry in the audit log.

    :param record: as the caller sees it.
    """
    if record.owner is not None and record.owner == caller.organisation:
        return False
    if isinstance(record, Partner):
        return bool(record.contact) and caller.sees_contact(record.owner)
    if isinstance(record, Evidence):
        return record.confidential is True and caller.sees_confidential(record.owner)
    return bool(record.text) and caller.may_edit(record.owner)


def private_fields(record: Record, caller: Caller) -> frozenset[str]:
    """Return the fields of a record that are not to be shown to the caller, not even as empty."""
    if isinstance(record, Partner):
        return frozenset() if caller.sees_contact(record.owner) else frozenset({"contact", "consent", "owner"})
    if caller.may_edit(record.owner):
        return frozenset()
    return frozenset({"summary", "owner"}) if isinstance(record, Evidence) else frozenset({"text", "owner"})
