"""Keys and organisations: who may come in, for whom, and who serves whom."""

import re

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from matcher.access import Caller, Role
from matcher.errors import BadInput, Conflict, Denied, NotAuthenticated, NotFound
from matcher.store import keys, organisations
from matcher.store.keys import Keyring, is_loopback
from matcher.store.organisations import Organisation
from matcher.store.tables import KeyRow


@pytest.fixture
def network(store):
    """Two offices; that of Cusco serves the weavers, the weavers serve nobody."""
    with store.noting() as session:
        organisations.add(session, "ott-cusco", "OTT Cusco")
        organisations.add(session, "ott-tacna", "OTT Tacna")
        organisations.add(session, "tejedoras", "Tejedoras de Chinchero", "ott-cusco")
        organisations.add(session, "secadores", "Secadores", "ott-tacna")
    return store


def make(store, role, organisation=None, label=None):
    with store.noting() as session:
        return keys.make(session, role, organisation, label)


def find(store, token, ring=None):
    with store.reading() as session:
        return (ring or Keyring()).caller(session, token)


def test_a_token_finds_its_caller_with_those_whom_the_office_serves(network):
    token = make(network, Role.OFFICER, "ott-cusco", "Rosa")
    id_ = token.split("_")[1]
    assert find(network, token) == Caller(Role.OFFICER, "ott-cusco", frozenset({"ott-cusco", "tejedoras"}), id_)
    firm = make(network, Role.CONTRIBUTOR, "tejedoras")
    assert find(network, firm) == Caller(Role.CONTRIBUTOR, "tejedoras", frozenset({"tejedoras"}), firm.split("_")[1])
    admin = make(network, Role.ADMIN)
    assert find(network, admin) == Caller(Role.ADMIN, None, frozenset(), admin.split("_")[1])


def test_of_a_token_only_its_id_and_an_argon2id_hash_are_stored(network):
    token = make(network, Role.READER, "tejedoras", "página")
    assert re.fullmatch(r"tk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", token)  # 43 characters of base64 hold 256 bits
    _, id_, secret = token.split("_", 2)
    with network.reading() as session:
        row = session.scalars(select(KeyRow)).one()
        stored = [str(value) for value in (row.id, row.hash, row.role, row.organisation, row.label, row.created)]
        assert (row.id, row.label, row.role, row.revoked) == (id_, "página", "reader", None)
        assert row.hash.startswith("$argon2id$")
        assert PasswordHasher().verify(row.hash, secret)
        shown = repr(keys.everyone(session))
    assert secret not in "".join(stored)
    assert secret not in shown
    assert row.hash not in shown


def test_two_keys_are_never_alike(network):
    tokens = {make(network, Role.READER, "tejedoras") for _ in range(5)}
    assert len({t.split("_", 2)[2] for t in tokens}) == len({t.split("_")[1] for t in tokens}) == 5


@pytest.mark.parametrize(
    "wrong",
    ["", "tk_", "Bearer", "tk_000000000000_" + "a" * 43, "tk_00000000000_" + "a" * 43, "tk_' OR 1=1 --", "x" * 9000, "ñ"],
)  # fmt: skip
def test_what_is_no_token_of_ours_finds_nobody(network, wrong):
    make(network, Role.ADMIN)
    with pytest.raises(NotAuthenticated, match="misspelt or was revoked"):
        find(network, wrong)


def test_a_wrong_secret_finds_nobody_and_costs_as_much_as_an_unknown_id(network, monkeypatch):
    token = make(network, Role.ADMIN)
    ring = Keyring()
    verified = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher,
        "verify",
        lambda self, stored, secret: (verified.append(stored), verify(self, stored, secret))[1],
    )
    wrong_secret = token[:-1] + ("A" if token[-1] != "A" else "B")
    unknown_id = "tk_" + "0" * 12 + token[15:]
    for wrong in (wrong_secret, unknown_id):
        with pytest.raises(NotAuthenticated):
            find(network, wrong, ring)
    cost = [stored.split("$")[1:4] for stored in verified]  # algorithm, version, parameters
    assert len(cost) == 2
    assert cost[0] == cost[1]
    assert verified[0] != verified[1]


def test_the_hash_is_checked_once_and_the_row_at_every_request(network, monkeypatch):
    token = make(network, Role.OFFICER, "ott-cusco")
    ring = Keyring()
    assert not ring.knows(token)
    find(network, token, ring)
    assert ring.knows(token)
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: pytest.fail("checked again"))
    with network.noting() as session:
        organisations.set_office(session, "secadores", "ott-cusco")
    assert find(network, token, ring).served == {"ott-cusco", "tejedoras", "secadores"}
    with network.noting() as session:
        keys.revoke(session, token.split("_")[1])
    with pytest.raises(NotAuthenticated):
        find(network, token, ring)


def test_a_remembered_token_opens_nothing_once_the_stored_hash_is_another(network):
    token, other, ring = make(network, Role.ADMIN), make(network, Role.ADMIN), Keyring()
    find(network, token, ring)
    with network.noting() as session:
        session.get(KeyRow, token.split("_")[1]).hash = session.get(KeyRow, other.split("_")[1]).hash
    with pytest.raises(NotAuthenticated):
        find(network, token, ring)


def test_what_is_remembered_has_an_end(network, monkeypatch):
    monkeypatch.setattr(keys, "_REMEMBERED", 2)
    tokens, ring = [make(network, Role.ADMIN) for _ in range(3)], Keyring()
    for token in tokens:
        find(network, token, ring)
    assert [ring.knows(token) for token in tokens] == [False, True, True]


def test_keys_are_listed_and_revoked_for_good(network):
    first, second = make(network, Role.READER, "tejedoras"), make(network, Role.ADMIN, label="respaldo")
    with network.noting() as session:
        keys.revoke(session, first.split("_")[1])
    with network.noting() as session:
        again = keys.revoke(session, first.split("_")[1])
    with network.reading() as session:
        listed = {key.id: key for key in keys.everyone(session)}
        assert keys.made(session) == keys.Made(ever=2, valid=1)
    assert listed[first.split("_")[1]] == again
    assert listed[second.split("_")[1]].revoked is None
    assert listed[second.split("_")[1]].label == "respaldo"
    with pytest.raises(NotFound, match="no key has the id 'none'"), network.noting() as session:
        keys.revoke(session, "none")


def test_every_key_but_an_admins_acts_for_an_organisation_that_exists(network):
    for role in (Role.READER, Role.CONTRIBUTOR, Role.OFFICER):
        with pytest.raises(BadInput, match=f"a key of role {role} acts for an organisation"):
            make(network, role)
    with pytest.raises(NotFound, match="no organisation has the id 'nadie'"):
        make(network, Role.ADMIN, "nadie")


def test_keys_and_organisations_leave_the_records_version_as_it_is(network):
    before = network.version()
    make(network, Role.ADMIN)
    assert network.version() == before


def test_organisations_are_listed_renamed_and_change_their_office(network):
    with network.noting() as session:
        organisations.rename(session, "tejedoras", " Tejedoras ")
        organisations.set_office(session, "secadores", None)
    with network.reading() as session:
        assert organisations.everyone(session) == [
            Organisation("ott-cusco", "OTT Cusco"),
            Organisation("ott-tacna", "OTT Tacna"),
            Organisation("secadores", "Secadores"),
            Organisation("tejedoras", "Tejedoras", "ott-cusco"),
        ]


def test_offices_never_serve_each_other_along_any_chain(network):
    with network.noting() as session:
        organisations.set_office(session, "ott-tacna", "ott-cusco")
    for above in ("ott-cusco", "ott-tacna", "secadores"):
        with pytest.raises(BadInput, match="they would serve each other"), network.noting() as session:
            organisations.set_office(session, "ott-cusco", above)


@pytest.mark.parametrize("id_", ["", "OTT", "-a", "a-", "a b", "a/b", "ñandú", "a" * 101, "a\n"])
def test_ids_of_organisations_are_plain(network, id_):
    with pytest.raises(BadInput, match="is no id of an organisation"), network.noting() as session:
        organisations.add(session, id_, "Nombre")


def test_an_organisation_is_added_whole_or_not_at_all(network):
    with pytest.raises(Conflict, match="there is an organisation 'tejedoras' already"), network.noting() as session:
        organisations.add(session, "tejedoras", "Otra")
    with pytest.raises(BadInput, match="needs a name"), network.noting() as session:
        organisations.add(session, "nueva", "  ")
    with pytest.raises(NotFound), network.noting() as session:
        organisations.add(session, "nueva", "Nueva", "nadie")
    with network.reading() as session:
        assert "nueva" not in {o.id for o in organisations.everyone(session)}


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("[::1]", True),
        ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("::", False), ("10.0.0.5", False), ("192.168.1.9", False),
        ("", False), ("tinkuy.example", False), ("localhost.example", False), ("::ffff:10.0.0.5", False), ("testclient", False),
    ],
)  # fmt: skip
def test_addresses_of_this_machine_alone(host, here):
    assert is_loopback(host) is here


def test_other_machines_are_served_only_once_there_is_a_valid_key(store):
    with store.reading() as session:
        keys.may_listen(session, "127.0.0.1")
    with pytest.raises(Denied, match=r"0\.0\.0\.0 is reached from other machines"), store.reading() as session:
        keys.may_listen(session, "0.0.0.0")
    token = make(store, Role.ADMIN)
    with store.reading() as session:
        keys.may_listen(session, "0.0.0.0")
    with store.noting() as session:
        keys.revoke(session, token.split("_")[1])
    with pytest.raises(Denied), store.reading() as session:
        keys.may_listen(session, "0.0.0.0")
