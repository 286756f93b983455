"""One typed place for settings. Each is read from the environment as ``LOCKEDROOM_<NAME>``."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from output_checker.errors import PlainError
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "LOCKEDROOM_"

# Linux reserves 65534 and 65535 (nobody, the 16-bit -1) and 2**32 - 1 (-1): uids in between are ours to use.
_FIRST_FREE_ID = 65536
_LAST_ID = 2**31 - 1
# User ids at the end of the seats' range that are kept for proofs: the room's, and its neighbour's.
_FOR_PROOFS = 2


class WrongSettings(PlainError):
    """A setting has a value that cannot be used."""


class Settings(BaseSettings):
    """Everything an installation may choose. Secrets are never shown by ``repr``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    state: Path = Field(
        default=Path("var"),
        description="Directory that holds everything this installation keeps: database, keys, data, seats.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Database as an SQLAlchemy URL: sqlite:////file or postgresql+pg8000://user@host/name. "
        "Left out, a SQLite file in the state directory is used.",
    )
    public_url: str = Field(
        default="http://lockedroom.localhost:8000",
        description="Address at which people reach the hub. Each seat gets a sub-domain of this host.",
    )
    listen: str = Field(
        default="127.0.0.1",
        description="Network address at which the proxy listens; set it to a public one behind TLS only.",
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses of the proxies in front of this one, with commas between, as in 127.0.0.1,10.0.0.0/28: "
        "what they say in X-Forwarded-For of where a request comes from is believed. Left out, nobody is believed.",
    )
    proxy_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port at which the proxy listens, where TLS ends in front of it. "
        "Left out, the public address's own port.",
    )
    hub_port: int = Field(
        default=8081, ge=1, le=65535, description="Loopback port of the hub itself, behind the proxy."
    )
    proxy_api_port: int = Field(
        default=8001, ge=1, le=65535, description="Loopback port at which the hub tells the proxy its routes."
    )
    desk_port: int = Field(
        default=8002, ge=1, le=65535, description="Loopback port of the desk, behind the proxy."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much the hub writes to its log."
    )
    room_env: Path | None = Field(
        default=None,
        description="Directory in which `make room` built the rooms' Python environment. "
        "Left out, room-env in the state directory.",
    )
    anchor_file: Path | None = Field(
        default=None,
        description="File to which signed ledger heads are published, best on a disk that the hub's user "
        "cannot rewrite. Left out, anchors/ledger-heads.jsonl in the state directory.",
    )
    rooms: Literal["auto", "bubblewrap", "docker"] = Field(
        default="auto",
        description="What isolates rooms. The value auto takes bubblewrap where it works, and otherwise a Docker "
        "engine that answers.",
    )
    docker_host: str | None = Field(
        default=None,
        pattern=r"^unix:///",
        description="Address of this machine's Docker engine, as in unix:///var/run/docker.sock. Left out, "
        "what DOCKER_HOST says, or that address.",
    )
    room_image: str | None = Field(
        default=None,
        description="Image that rooms on Docker start from, by name or id. "
        "Left out, the one that `make room-image` built, named in the ROOM_ENV directory.",
    )
    window_image: str | None = Field(
        default=None,
        description="Image that windows on Docker start from, by name or id. "
        "Left out, the one that `make window-image` built, named in the ROOM_ENV directory.",
    )
    tiers: Path | None = Field(
        default=None,
        description="Directory of this installation's own tiers, one YAML file each, instead of those in "
        "policies/tiers.",
    )
    policy: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Disclosure policy of new projects: the name of a file in policies/disclosure, as strict as their "
        "tier asks. Left out, the tier's.",
    )
    seat_uid_base: int = Field(
        default=200001,
        ge=_FIRST_FREE_ID,
        le=_LAST_ID,
        description="Operating-system user id of the first seat; each seat takes the next one, for ever.",
    )
    project_gid_base: int = Field(
        default=300001,
        ge=_FIRST_FREE_ID,
        le=_LAST_ID,
        description="Operating-system group id of the first project; each project takes the next one, for ever. "
        "User ids from the same number on are those of the seats' windows.",
    )
    seat_memory_mb: int | None = Field(
        default=None,
        ge=256,
        description="Memory that a seat may use on this machine, in MiB, where its tier allows more. "
        "Left out, what the tier says.",
    )
    seat_processes: int | None = Field(
        default=None,
        ge=32,
        description="Processes and threads that a seat may have at once on this machine, where its tier allows more. "
        "Left out, what the tier says.",
    )
    seat_disk_mb: int | None = Field(
        default=None,
        ge=64,
        description="Disk that a seat's own files may fill on this machine, in MiB, where its tier allows more. "
        "Left out, what the tier says.",
    )
    seat_cpus: float | None = Field(
        default=None,
        gt=0,
        le=1024,
        description="Processors that a seat may keep busy on this machine, where its tier allows more. "
        "Left out, what the tier says.",
    )
    window_memory_mb: int = Field(
        default=1024, ge=512, description="Memory that a seat's window may use besides its room, in MiB."
    )
    recheck_seconds: float = Field(
        default=3.0,
        gt=0,
        le=60,
        description="How often an open door asks again whether its person may be inside.",
    )
    freeze_seconds: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="How long a door stays open when it cannot ask; then it freezes until it can.",
    )
    idle_minutes: int | None = Field(
        default=None,
        ge=1,
        description="Minutes without activity after which a seat is closed, where its tier allows more. "
        "Left out, what the tier says.",
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="Hours after which a person signs in again."
    )
    head_minutes: int = Field(
        default=15,
        ge=1,
        le=24 * 60,
        description="How often the hub publishes a signed head of the ledger, if anything was written.",
    )
    cell_days: int = Field(
        default=365,
        ge=1,
        description="Days for which the encrypted texts of cells and paths are kept; the ledger keeps their hashes.",
    )
    signin_failures: int = Field(
        default=5, ge=1, le=100, description="Failed sign-ins under one name before that name has to wait."
    )
    signin_wait_seconds: int = Field(
        default=300, ge=1, description="Seconds a name has to wait after too many failed sign-ins."
    )
    bundle_files: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Files that one staged bundle may hold; the airlock's own limit holds as well.",
    )
    bundle_bytes: int = Field(
        default=100 * 1024 * 1024,
        ge=1024,
        description="Bytes that all files of one staged bundle may hold together; the airlock's own limit "
        "holds as well.",
    )

    ingress_policy: Path | None = Field(
        default=None,
        description="File that says what may come into rooms and who lets it in. "
        "Left out, policies/ingress.yaml of this program.",
    )
    malware_signatures: Path | None = Field(
        default=None,
        description="Directory of ClamAV's signatures. Left out, /var/lib/clamav.",
    )

    @field_validator("state", "anchor_file", "room_env", "tiers", "ingress_policy", "malware_signatures")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        # Relative to where the command was started, once: a later chdir must not move the state.
        return None if value is None else value.expanduser().absolute()

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str | None) -> str | None:
        try:
            for part in (value or "").split(","):
                if part.strip():
                    ip_network(part.strip())
        except ValueError:
            raise ValueError(
                "give addresses or networks with commas between, as in 127.0.0.1,10.0.0.0/28"
            ) from None
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        try:
            port_is_fine = parts.port is None or parts.port > 0
        except ValueError:
            port_is_fine = False
        beyond_origin = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or beyond_origin or not port_is_fine:
            raise ValueError("give scheme, host and port only, as in http://lockedroom.localhost:8000")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        if self.seat_uid_base >= self.project_gid_base:
            raise ValueError(
                "SEAT_UID_BASE has to be below PROJECT_GID_BASE, so that the two ranges stay apart"
            )
        if self.recheck_seconds >= self.freeze_seconds:
            raise ValueError("RECHECK_SECONDS has to be below FREEZE_SECONDS, or every door would freeze")
        return self

    @property
    def database(self) -> str:
        """The database URL in force. May hold a password: never print it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.state / 'hub.sqlite'}"

    @property
    def keys(self) -> Path:
        """Directory of keys (0700)."""
        return self.state / "keys"

    @property
    def anchors(self) -> Path:
        """File of published ledger heads."""
        return self.anchor_file or self.state / "anchors" / "ledger-heads.jsonl"

    @property
    def room_environment(self) -> Path:
        """Directory of the rooms' Python environments."""
        return self.room_env or self.state / "room-env"

    @property
    def docker_address(self) -> str:
        """Address of the Docker engine. Raises WrongSettings for one on another machine."""
        address = self.docker_host or os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        if not address.startswith("unix:///"):
            raise WrongSettings(
                f"DOCKER_HOST: rooms need a Docker engine on this machine, at an address such as "
                f"unix:///var/run/docker.sock; set {PREFIX}DOCKER_HOST."
            )
        return address

    @property
    def listen_port(self) -> int:
        """Port at which the proxy listens."""
        if self.proxy_port is not None:
            return self.proxy_port
        parts = urlsplit(self.public_url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def as_environment(self) -> dict[str, str]:
        """These settings as environment variables, for a process of the control zone. Holds the database's
        password if it has one: never for a door or a room."""
        chosen = self.model_dump(exclude_unset=True, exclude={"database_url"}, mode="json")
        environment = {
            f"{PREFIX}{name.upper()}": str(value) for name, value in chosen.items() if value is not None
        }
        environment[f"{PREFIX}STATE"] = str(self.state)
        if self.database_url is not None:
            environment[f"{PREFIX}DATABASE_URL"] = self.database_url.get_secret_value()
        return environment

    @property
    def proof_uid(self) -> int:
        """OS user id of the room in which a proof is made; the next one is its neighbour's."""
        return self.project_gid_base - _FOR_PROOFS

    def seat_uid(self, seat_number: int) -> int:
        """OS user id of a seat. Raises WrongSettings when the range is used up."""
        uid = self.seat_uid_base + seat_number - 1
        if seat_number < 1 or uid >= self.proof_uid:
            raise WrongSettings(
                f"Seat number {seat_number} has no user id left: widen the range between "
                f"{PREFIX}SEAT_UID_BASE and {PREFIX}PROJECT_GID_BASE."
            )
        return uid

    def window_ids(self, seat_uid: int) -> tuple[int, int]:
        """(OS user id, group id) of a seat's window, from its seat's user id.

        The user id is as far above PROJECT_GID_BASE as the seat's above SEAT_UID_BASE: a number that is at most a
        project's as a group and nobody else's as a user. The group has the seat's number, which is no project's.
        Raises WrongSettings where there is no such number.
        """
        uid = self.project_gid_base + seat_uid - self.seat_uid_base
        if uid > _LAST_ID:
            raise WrongSettings(f"The seat's window has no user id left: lower {PREFIX}PROJECT_GID_BASE.")
        return uid, seat_uid

    def project_gid(self, project_number: int) -> int:
        """OS group id of a project. Raises WrongSettings when the range is used up."""
        gid = self.project_gid_base + project_number - 1
        if project_number < 1 or gid > _LAST_ID:
            raise WrongSettings(
                f"Project number {project_number} has no group id: lower {PREFIX}PROJECT_GID_BASE."
            )
        return gid


def load() -> Settings:
    """Settings from the environment. Raises WrongSettings with one sentence that names the setting."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "_".join(str(part) for part in first["loc"]).upper()
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        name = f"{PREFIX}{where}" if where else "Two settings do not fit together"
        raise WrongSettings(f"{name}: {said}.") from None
