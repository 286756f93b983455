"""What all seats of one hub share."""

from __future__ import annotations

from hub.door.warden import Warden
from hub.prove.guard import Guard
from hub.settings import Settings, load
from hub.store import Store, open_store


class HubParts:
    """Settings, store, warden and guard; opened when the first seat needs them."""

    _instance: HubParts | None = None

    def __init__(self) -> None:
        self.settings: Settings = load()
        self.store: Store = open_store(self.settings.database)
        self.warden = Warden(self.store, self.settings.state)
        self.guard = Guard(self.settings, self.store)

    @classmethod
    def get(cls) -> HubParts:
        """The one instance of this process."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance
