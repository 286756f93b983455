"""Other people's seats, and the same person's in another project, are not there."""

from __future__ import annotations

from dataclasses import dataclass

from hub.prove.attempt import Attempt, Family, Judged, Judgement, Need
from hub.prove.families.acts import Act
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, held, not_held, nothing, unclear
from hub.prove.stage import CouldNotTry, Stage

_OWN_USER = frozenset({Need.OWN_USER})
_OWN_FOLDERS = ["/dev/shm", "/etc", "/inbox", "/outbox", "/run", "/srv", "/tmp", "/var", "/workspace"]


@dataclass(frozen=True)
class _Knocked:
    """Which of the neighbour's sockets the room says it reached, and whether the neighbour heard it."""

    reached: object
    arrived: bool


def _paths_of_neighbour(stage: Stage) -> list[str]:
    places = [str(folder) for folder in stage.neighbour.folders]
    places += [f"/proc/{process}/root{place}" for place in places for process in ("1", "self")]
    name = stage.neighbour.run.name
    return [
        *places,
        f"/run/room/../{name}",
        f"/outbox/../../{name}/outbox",
        f"/workspace/home/../../{name}/home",
    ]


def _see_neighbour(stage: Stage) -> object:
    return stage.ask("files.there", _paths_of_neighbour(stage))


def _see_state(stage: Stage) -> object:
    state = stage.root.parent
    paths = [
        stage.root,
        *(state / name for name in ("keys", "hub.sqlite", "jupyterhub.sqlite", "seats", "data")),
    ]
    if not stage.spec.environment.is_relative_to(
        state
    ):  # else the way to the rooms' Python is there, and empty
        paths.append(state)
    return stage.ask("files.there", [str(path) for path in paths])


def _find_the_mark(stage: Stage) -> object:
    # The programs are the same for all rooms, read-only, and many.
    programs = [str(stage.spec.environment)]
    found = stage.ask("processes.files_holding", [stage.mark[::-1]], _OWN_FOLDERS, programs)
    # Without a user of their own for each seat, nothing but this keeps members' files in the shared folder apart.
    return [one for one in found if one != stage.neighbour.shared_file] if isinstance(found, list) else found


def _knock_at_the_neighbours_socket(stage: Stage) -> object:
    stage.listeners.arrived("unix")
    paths = [str(stage.neighbour.run / "lab.sock"), f"/run/room/../{stage.neighbour.run.name}/lab.sock"]
    reached = stage.ask("network.connect_unix", [*paths, *(f"/proc/1/root{path}" for path in paths)])
    return _Knocked(reached, stage.listeners.arrived("unix"))


def _nobody_heard(seen: object) -> Judgement:
    if not isinstance(seen, _Knocked):
        return unclear(seen)
    if seen.arrived or seen.reached != []:
        return not_held("the neighbour's socket was reached")
    return held("the neighbour's socket is not there")


def _neighbours_file(*calls: tuple[str, tuple[object, ...]]) -> Act:
    def act(stage: Stage) -> object:
        path = stage.neighbour.shared_file
        return [stage.ask("files.call", name, [path, *arguments]) for name, arguments in calls]

    return act


def _foreign_lines(stage: Stage) -> object:
    lines: list[str] = []
    for name in ("passwd", "shadow", "resolv.conf"):
        found = stage.ask("files.lines", f"/etc/{name}")
        if not isinstance(found, list):
            raise CouldNotTry("the room's answer is not a list")
        lines += [str(line) for line in found]
    own = f"{stage.spec.person}:x:{stage.spec.uid}:"
    return [line.partition(":")[0] for line in lines if not line.startswith(own)]


FAMILY = Family(
    "seats",
    "Other people's seats, and the same person's in another project, are not there.",
    (
        Attempt(
            "another seat's folders",
            "Look for another seat's home, outbox, inbox and socket by every path that could lead there.",
            _see_neighbour,
            nothing("folder of another seat is seen"),
        ),
        Attempt(
            "the hub's folder",
            "Look for the installation's database, keys and other files.",
            _see_state,
            nothing("file of the hub is seen"),
        ),
        Attempt(
            "content of another seat",
            "Search every file that can be read for a text that stands in each file of another seat.",
            _find_the_mark,
            nothing("file of another seat is read"),
        ),
        Attempt(
            "another seat's socket",
            "Connect to the socket at which another seat's JupyterLab listens.",
            _knock_at_the_neighbours_socket,
            _nobody_heard,
            Judged.OUTSIDE,
        ),
        Attempt(
            "read a member's own file",
            "Read a file in the shared folder that another member keeps to themselves.",
            _neighbours_file(("open", (0,))),
            all_refused(NOT_FOR_YOU),
            needs=_OWN_USER,
        ),
        Attempt(
            "remove a member's file",
            "Remove and rename a file of another member in the shared folder.",
            _neighbours_file(("unlink", ()), ("rename", ("/workspace/shared/taken",))),
            all_refused(NOT_FOR_YOU),
            needs=_OWN_USER,
        ),
        Attempt(
            "take over a member's file",
            "Change owner and mode of another member's file, and give it a second name of one's own.",
            _neighbours_file(("chmod", (0o666,)), ("chown", (0, 0)), ("truncate", (0,))),
            all_refused(NOT_FOR_YOU),
            needs=_OWN_USER,
        ),
        Attempt(
            "take over the shared folder",
            "Remove, rename and close the shared folder itself.",
            lambda stage: [
                stage.ask("files.call", "rmdir", ["/workspace/shared"]),
                stage.ask("files.call", "rename", ["/workspace/shared", "/workspace/gone"]),
                stage.ask("files.call", "chmod", ["/workspace/shared", 0o700]),
            ],
            all_refused(NOT_FOR_YOU | NOT_THERE | {"EBUSY"}),
            needs=_OWN_USER,
        ),
        Attempt(
            "accounts",
            "Find another user than the seat's own, or a name server of the host, in the system's files.",
            _foreign_lines,
            nothing("line is the host's"),
        ),
    ),
)
