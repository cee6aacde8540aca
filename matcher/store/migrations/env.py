"""Alembic's way in: it runs on the connection that `store.upgrade` hands over."""

from alembic import context

from matcher.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
