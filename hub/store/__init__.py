"""The control zone's database: models, migrations, transactions, names."""

from hub.store.faults import WrongDatabase
from hub.store.schema import upgrade
from hub.store.store import Store, open_store, prepare_store

__all__ = ["Store", "WrongDatabase", "open_store", "prepare_store", "upgrade"]
