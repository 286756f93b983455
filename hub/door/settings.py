"""What one door is told when it starts, through its environment. No database address is among it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from output_checker.errors import PlainError

from hub.door.visitor import Network, as_networks

ENV_ORIGIN = "LOCKEDROOM_DOOR_ORIGIN"
ENV_OWNER = "LOCKEDROOM_DOOR_OWNER"
ENV_RUN_DIR = "LOCKEDROOM_DOOR_RUN_DIR"
ENV_ROOM_UID = "LOCKEDROOM_DOOR_ROOM_UID"
ENV_WARDEN = "LOCKEDROOM_DOOR_WARDEN"
ENV_WARDEN_TOKEN = "LOCKEDROOM_DOOR_WARDEN_TOKEN"  # noqa: S105 - a variable's name
ENV_COOKIE_SECRET = "LOCKEDROOM_DOOR_COOKIE_SECRET"  # noqa: S105 - a variable's name
ENV_RECHECK = "LOCKEDROOM_DOOR_RECHECK_SECONDS"
ENV_FREEZE = "LOCKEDROOM_DOOR_FREEZE_SECONDS"
ENV_NETWORKS = "LOCKEDROOM_DOOR_NETWORKS"
ENV_PROXIES = "LOCKEDROOM_DOOR_TRUSTED_PROXIES"
ENV_LISTEN_FD = "LOCKEDROOM_DOOR_LISTEN_FD"
ENV_KIND = "LOCKEDROOM_DOOR_KIND"
SECRETS = frozenset({ENV_WARDEN_TOKEN, ENV_COOKIE_SECRET})
# Of a window's door only.
ENV_WINDOW_DIR = "LOCKEDROOM_DOOR_WINDOW_DIR"
ENV_WINDOW_UID = "LOCKEDROOM_DOOR_WINDOW_UID"
ENV_WINDOW_PORT = "LOCKEDROOM_DOOR_WINDOW_PORT"
ENV_INNER_DIR = "LOCKEDROOM_DOOR_INNER_DIR"
ENV_NOVNC = "LOCKEDROOM_DOOR_NOVNC"

SOCKET_NAME = "lab.sock"
LAB, WINDOW = "lab", "window"
KINDS = frozenset({LAB, WINDOW})


@dataclass(frozen=True)
class WindowEnds:
    """Where a door and its window meet.

    ``run_dir`` is the window's folder with its RFB socket, ``uid`` the user who must answer there, and the only
    one who may ask at the door's own socket in ``inner_dir``. Inside the window that socket is at ``port`` of
    the loopback address. ``novnc`` is the folder of the installed npm package.
    """

    run_dir: Path
    uid: int
    port: int
    inner_dir: Path
    novnc: Path

    @property
    def origins(self) -> frozenset[str]:
        """The origins under which the window's browser may know the room."""
        return frozenset(f"http://{name}:{self.port}" for name in ("127.0.0.1", "localhost"))

    @classmethod
    def from_environment(cls) -> WindowEnds:
        """Raises KeyError and ValueError."""
        return cls(
            run_dir=Path(os.environ[ENV_WINDOW_DIR]),
            uid=int(os.environ[ENV_WINDOW_UID]),
            port=int(os.environ[ENV_WINDOW_PORT]),
            inner_dir=Path(os.environ[ENV_INNER_DIR]),
            novnc=Path(os.environ[ENV_NOVNC]),
        )


@dataclass(frozen=True)
class DoorSettings:
    """One seat's door.

    ``origin`` is the seat's own origin in the browser; ``prefix`` the path below it, with slashes at both
    ends; ``run_dir`` the room's folder with its socket; ``room_uid`` the user who must answer there;
    ``networks`` those from which the seat may be used, ``None`` for any.
    With ``window`` the person gets pixels only, and the window gets what a person gets at a ``lab`` door.
    """

    origin: str
    hub_origin: str
    prefix: str
    owner: str
    server_name: str
    activity_url: str
    run_dir: Path
    room_uid: int
    warden: Path
    warden_token: str
    cookie_secret: str
    recheck_s: float
    freeze_s: float
    listen_fd: int
    networks: tuple[Network, ...] | None
    trusted_proxies: tuple[Network, ...]
    window: WindowEnds | None = None

    @property
    def kind(self) -> str:
        """One of :data:`KINDS`."""
        return LAB if self.window is None else WINDOW

    @property
    def host(self) -> str:
        """The ``Host`` header that belongs to this seat."""
        return urlsplit(self.origin).netloc.lower()

    @classmethod
    def from_environment(cls) -> DoorSettings:
        """Read and then forget: the secrets are taken out of this process's environment."""
        try:
            kind = os.environ.get(ENV_KIND, LAB)
            if kind not in KINDS:
                raise ValueError(ENV_KIND)
            return cls(
                origin=os.environ[ENV_ORIGIN],
                hub_origin=os.environ["JUPYTERHUB_HOST"],
                prefix=os.environ["JUPYTERHUB_SERVICE_PREFIX"],
                owner=os.environ[ENV_OWNER],
                server_name=os.environ["JUPYTERHUB_SERVER_NAME"],
                activity_url=os.environ["JUPYTERHUB_ACTIVITY_URL"],
                run_dir=Path(os.environ[ENV_RUN_DIR]),
                room_uid=int(os.environ[ENV_ROOM_UID]),
                warden=Path(os.environ[ENV_WARDEN]),
                warden_token=os.environ.pop(ENV_WARDEN_TOKEN),
                cookie_secret=os.environ.pop(ENV_COOKIE_SECRET),
                recheck_s=float(os.environ[ENV_RECHECK]),
                freeze_s=float(os.environ[ENV_FREEZE]),
                listen_fd=int(os.environ[ENV_LISTEN_FD]),
                networks=as_networks(os.environ[ENV_NETWORKS]) or None,
                trusted_proxies=as_networks(os.environ[ENV_PROXIES]),
                window=WindowEnds.from_environment() if kind == WINDOW else None,
            )
        except (KeyError, ValueError) as error:
            raise PlainError(
                f"A door is started by the hub, not by hand: {error} is missing or wrong."
            ) from None
