"""Alembic's entry. Migrations are run by ``hub.store.schema.upgrade``, which brings the connection."""

from __future__ import annotations

from alembic import context

from hub.store.models import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run migrations with: lockedroom init")

context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
