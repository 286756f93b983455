"""Nothing in the room tells of the hub: no token, no address, no key, no path of its state."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.isolation.attempts import secrets
from tests.isolation.world import SeatUnderTest, World, listening_ports, read_proc

_NAMES = re.compile(rb"(TOKEN|SECRET|CLIENT_ID|PASSWORD|CRYPT_KEY)")
_SHORTEST = 12


def variables(pid: int) -> dict[bytes, bytes]:
    """The environment a process was started with."""
    parts = (part.partition(b"=") for part in read_proc(pid, "environ").split(b"\0") if part)
    return {name: value for name, _, value in parts}


@pytest.fixture
def hidden(world: World, alice_one: SeatUnderTest) -> dict[str, str]:
    """The real secrets, as the trusted side holds them: what they are, and their text."""
    found: dict[str, str] = {}
    for kind, pids in world.pids_of_hub().items():
        for pid in pids:
            for name, value in variables(pid).items():
                if _NAMES.search(name) and len(value) >= _SHORTEST:
                    found[f"{kind} {name.decode()}"] = value.decode()
    for path in sorted(world.hub.settings.keys.rglob("*")):
        if path.is_file():
            for line in path.read_bytes().splitlines():
                text = line.decode("ascii", "ignore").strip()
                if len(text) >= _SHORTEST and not text.startswith("-----"):
                    found[f"{path.name} {len(found)}"] = text
    found["state directory"] = str(world.state)
    found["database"] = "jupyterhub.sqlite"
    return found


def test_the_secrets_looked_for_are_the_real_ones(hidden: dict[str, str]) -> None:
    kinds = " ".join(hidden)
    for name in ("JUPYTERHUB_API_TOKEN", "WARDEN_TOKEN", "CONFIGPROXY_AUTH_TOKEN", "cookie-secret"):
        assert name in kinds, sorted(hidden)


def test_no_hub_variable_and_no_secret_stands_in_any_environment_or_in_proc(
    world: World, alice_one: SeatUnderTest, hidden: dict[str, str]
) -> None:
    said = alice_one.call(secrets.everything_said)
    assert len(said) > 100, "proc was read"
    mounts = {path for path in said if path.endswith(("/mountinfo", "/mounts", "/mountstats"))}
    for path, text in said.items():
        assert "JUPYTERHUB" not in text and "LOCKEDROOM_DOOR" not in text, path
        for what, secret in hidden.items():
            if what == "state directory" and path in mounts:
                continue  # the kernel names the source of a bind there; it leads nowhere
            assert secret not in text, (what, path)
    names = {line.partition("=")[0] for line in said["os.environ"].splitlines()}
    assert not [
        name for name in names if name.startswith(("JPY_API", "CONFIGPROXY", "LOCKEDROOM_"))
    ] or names & {"LOCKEDROOM_POLICY"} == {name for name in names if name.startswith("LOCKEDROOM_")}


def test_no_process_in_the_room_names_the_state_directory_or_an_address_of_the_hub(
    world: World, alice_one: SeatUnderTest
) -> None:
    settings = world.hub.settings
    (door_port,) = listening_ports(alice_one.door_pid)
    ports = [settings.hub_port, settings.listen_port, settings.proxy_api_port, settings.desk_port, door_port]
    found = alice_one.call(secrets.processes)
    assert "1" in found
    said = json.dumps(found)
    assert str(world.state) not in said
    for process in found.values():
        for port in ports:
            assert not re.search(rf"\b{port}\b", process["cmdline"] + process["environ"])


def test_process_1_which_comes_from_outside_shows_nothing_of_itself(alice_one: SeatUnderTest) -> None:
    first = alice_one.call(secrets.processes)["1"]
    assert first["environ"] == "PermissionError"
    assert first["links"] == dict.fromkeys(("root", "cwd", "exe"), "PermissionError") | {"fd": "closed"}


def test_no_file_in_the_room_holds_a_secret(
    world: World, alice_one: SeatUnderTest, hidden: dict[str, str]
) -> None:
    hidden = {what: text for what, text in hidden.items() if what != "database"}
    backwards = [text[::-1] for text in hidden.values()]
    alice_one.call(secrets.leave, "/workspace/home/planted", backwards[0])
    found = alice_one.call(secrets.files_holding, backwards, world.born - 5, [], within_s=120)
    assert found["seen"] > 10_000
    assert found["holding"] == ["/workspace/home/planted"], "only the one that was left there to be found"
    (alice_one.folder / "home" / "planted").unlink()


def test_the_hubs_own_packages_are_not_in_the_room(alice_one: SeatUnderTest) -> None:
    names = ["hub", "datasets", "jupyterhub", "alembic", "output_checker"]
    assert alice_one.call(importable, names) == ["output_checker"]


def importable(names: list[str]) -> list[str]:
    """Which of the packages can be imported."""
    import importlib

    found = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        found.append(name)
    return found


def test_the_room_knows_no_user_but_its_own(alice_one: SeatUnderTest) -> None:
    said = alice_one.call(etc_files)
    assert said["/etc/passwd"].count("\n") == 1 and said["/etc/passwd"].startswith("alice:")
    assert "/etc/shadow" not in said
    # An engine insists on these two files; nothing of the host stands in them.
    assert said.get("/etc/resolv.conf", "") == "" and said.get("/etc/hostname", "room\n") == "room\n"


def etc_files() -> dict[str, str]:
    """The files of ``/etc`` itself."""
    from pathlib import Path

    return {str(path): path.read_text(errors="replace") for path in Path("/etc").iterdir() if path.is_file()}


def test_paths_in_this_file_are_those_of_the_hub(world: World) -> None:
    assert Path(world.state / "jupyterhub.sqlite").is_file()
