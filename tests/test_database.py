"""The database's address, and the way from older shapes of it."""

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL

from matcher.errors import BadInput, DatabaseOutdated
from matcher.records import Partner, Side
from matcher.store import database
from matcher.store.store import Store
from matcher.store.tables import Base


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("postgresql://u:p@h/n", "postgresql+psycopg"),
        ("postgres://u@h:5433/n", "postgresql+psycopg"),
        ("postgresql+psycopg2://u@h/n", "postgresql+psycopg"),
        ("sqlite:////var/tinkuy.db", "sqlite"),
    ],
)
def test_addresses_in_their_usual_forms_are_understood(text, driver):
    assert database.url_of(text).drivername == driver


@pytest.mark.parametrize("text", ["mysql://u:secreto@h/n", "secreto", "", "://secreto"])
def test_another_address_is_refused_without_telling_it(text):
    with pytest.raises(BadInput, match="postgresql://USER") as error:
        database.url_of(text)
    assert "secreto" not in str(error.value)


def test_migrations_lead_to_the_very_tables_that_the_code_declares(store):
    with store.engine.connect() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata) == []
        )


def test_a_database_from_before_there_were_migrations_keeps_every_record(tmp_path):
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:  # the tables as the first version made them
        old.executescript("""
            CREATE TABLE partner (id VARCHAR NOT NULL PRIMARY KEY, side VARCHAR NOT NULL, name VARCHAR NOT NULL,
              kind VARCHAR NOT NULL, country VARCHAR, region VARCHAR, city VARCHAR, sectors JSON NOT NULL, size VARCHAR,
              url VARCHAR, contact VARCHAR);
            CREATE INDEX ix_partner_side ON partner (side);
            CREATE TABLE evidence (id VARCHAR NOT NULL PRIMARY KEY, kind VARCHAR NOT NULL, text VARCHAR NOT NULL,
              title VARCHAR, language VARCHAR, date DATE, sectors JSON NOT NULL, fields JSON NOT NULL, region VARCHAR,
              source VARCHAR);
            CREATE TABLE evidence_partner (evidence_id VARCHAR NOT NULL REFERENCES evidence (id) ON DELETE CASCADE,
              partner_id VARCHAR NOT NULL REFERENCES partner (id), position INTEGER NOT NULL,
              PRIMARY KEY (evidence_id, partner_id));
            CREATE TABLE outcome (id VARCHAR NOT NULL PRIMARY KEY, partner VARCHAR NOT NULL REFERENCES partner (id),
              stage VARCHAR NOT NULL, counterpart VARCHAR REFERENCES partner (id), date DATE, country VARCHAR,
              region VARCHAR, sectors JSON NOT NULL, text VARCHAR);
            INSERT INTO partner VALUES ('lab', 'supply', 'Laboratorio', 'laboratory', 'PE', NULL, NULL, '["C13"]', NULL, NULL, NULL);
            INSERT INTO evidence VALUES ('e', 'project', 'Tintes.', NULL, 'es', '2024-02-29', '[]', '[]', NULL, NULL);
            INSERT INTO evidence_partner VALUES ('e', 'lab', 0);
            INSERT INTO outcome VALUES ('o', 'lab', 'met', NULL, NULL, NULL, NULL, '[]', NULL);
        """)
    store = Store.open(path)
    assert store.partners() == [Partner("lab", Side.SUPPLY, "Laboratorio", "laboratory", "PE", sectors=("C13",))]
    assert [(e.id, e.partners, e.text) for e in store.evidence()] == [("e", ("lab",), "Tintes.")]
    assert [(o.id, o.partner) for o in store.outcomes()] == [("o", "lab")]
    assert store.version() == store.get(Partner, "lab").version == 1


def test_upgrading_twice_changes_nothing(database_url_of_each):
    first = database.upgrade(database_url_of_each)
    assert database.upgrade(database_url_of_each) == (first[1], first[1])
    assert first == (None, database.head())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url_of_each(request, tmp_path):
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "new.db"))
    return request.getfixturevalue("postgresql").new_database(upgraded=False)


def test_a_servers_database_without_the_tables_is_not_used(postgresql):
    url = postgresql.new_database(upgraded=False)
    with pytest.raises(DatabaseOutdated, match="tinkuy db upgrade"):
        Store.open(url)
    engine = create_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
