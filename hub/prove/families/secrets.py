"""Nothing in the room tells of the hub: no token, no key, no address, no path."""

from __future__ import annotations

import os
import re

from hub.prove.attempt import Attempt, Family, Judged
from hub.prove.families.acts import inside
from hub.prove.judges import is_false, nothing
from hub.prove.stage import CouldNotTry, Stage

_NAMES = re.compile(
    r"JUPYTERHUB|LOCKEDROOM_(?!POLICY\b)|CONFIGPROXY|JPY_|TOKEN|SECRET|PASSW|CRYPT_KEY|DATABASE"
)
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CRYPT_KEY|DATABASE_URL")
_SHORTEST = 12
_HUBS_OWN = ("hub", "datasets", "jupyterhub", "alembic", "dockerspawner", "sqlalchemy")


def _told(stage: Stage) -> list[str]:
    told = stage.ask("processes.everything_told")
    if not isinstance(told, list) or not told:
        raise CouldNotTry("the room could not read its own environment")
    return [str(one) for one in told]


def _variables_of_the_hub(stage: Stage) -> object:
    names = {word.partition("=")[0] for one in _told(stage) for word in one.split("\0") if "=" in word}
    return sorted(name for name in names if _NAMES.search(name))


def _secrets_of_the_hub(stage: Stage) -> object:
    """What the room showed is brought out and compared here: the secrets are not carried in to be looked for."""
    said = "\n".join(_told(stage))
    return [what for what, secret in _secrets(stage).items() if secret in said]


def _secrets(stage: Stage) -> dict[str, str]:
    """The hub's real secrets: keys, and what this process was started with."""
    found = {
        f"variable {name}": value
        for name, value in os.environ.items()
        if _SECRET.search(name) and len(value) >= _SHORTEST
    }
    for path in sorted((stage.root.parent / "keys").glob("*")):
        if path.is_file():
            lines = path.read_bytes().decode("ascii", "ignore").splitlines()
            long = [line.strip() for line in lines if len(line.strip()) >= _SHORTEST and "-----" not in line]
            found |= {f"key {path.name}, line {number}": text for number, text in enumerate(long)}
    return found


def _paths_of_the_hub(stage: Stage) -> object:
    # The rooms' Python may lie below the hub's folder, under a path that the room knows.
    told = [one.replace(str(stage.spec.environment), "") for one in _told(stage)]
    return [one[:60] for one in told if str(stage.root.parent) in one]


FAMILY = Family(
    "secrets",
    "Nothing in the room tells of the hub: no token, no key, no address, no path.",
    (
        Attempt(
            "variables of the hub",
            "Look for the hub's variables, and for any token, in the environment of every process that can be seen.",
            _variables_of_the_hub,
            nothing("variable of the hub is seen"),
        ),
        Attempt(
            "secrets of the hub",
            "Look for the hub's real keys and tokens in what every process that can be seen shows of itself.",
            _secrets_of_the_hub,
            nothing("secret of the hub is seen"),
            Judged.OUTSIDE,
        ),
        Attempt(
            "paths of the hub",
            "Look for the path of the hub's folder in what every process that can be seen shows of itself.",
            _paths_of_the_hub,
            nothing("path of the hub is seen"),
            Judged.OUTSIDE,
        ),
        Attempt(
            "memory",
            "Look for what the starter of the room's first program left in its memory.",
            lambda stage: stage.ask(
                "processes.memory_holds",
                [text[::-1] for text in (str(stage.root), "JUPYTERHUB_", "LOCKEDROOM_STATE")],
            ),
            is_false("nothing of the hub stands in it", "something of the hub stands in it"),
        ),
        Attempt(
            "programs of the hub",
            "Import the packages of the hub and of the data zone.",
            inside("processes.importable", list(_HUBS_OWN)),
            nothing("package of the hub is there"),
        ),
    ),
)
