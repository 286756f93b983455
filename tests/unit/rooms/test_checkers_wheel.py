"""The checker's wheel: with the JupyterLab extension in a room, without it anywhere else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hub.rooms.environment import room_environment_folder

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "images" / "room"))
import environment  # noqa: E402 - a script's folder, not a package
import front_end  # noqa: E402
from wheel import LEFT_BY_TOOLS  # noqa: E402

LABEXTENSION = "share/jupyter/labextensions/@lockedroom/output-checker"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the checker's sources, which the build takes for the real ones."""
    copy = tmp_path / "output_checker"
    shutil.copytree(front_end.CHECKER, copy, ignore=shutil.ignore_patterns(*LEFT_BY_TOOLS))
    for module in (environment, front_end):
        monkeypatch.setattr(module, "CHECKER", copy)
        monkeypatch.setattr(module, "ROOT", tmp_path, raising=False)
    monkeypatch.setattr(front_end, "PLACE", tmp_path / "var")
    return copy


def built(sources: Path) -> list[str]:
    """The names in the wheel of ``sources``."""
    target = sources.parent / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_without_a_front_end_the_wheel_is_the_checker_alone(sources: Path) -> None:
    names = built(sources)
    assert "output_checker/check.py" in names
    assert "output_checker/policies/sacro.yaml" in names
    assert not [name for name in names if ".data/" in name]


def test_with_a_front_end_the_wheel_brings_it_and_switches_its_server_part_on(sources: Path) -> None:
    (sources / "labextension").mkdir()
    (sources / "labextension" / "package.json").write_text("{}")
    names = [name.partition(".data/data/")[2] for name in built(sources) if ".data/" in name]
    assert sorted(names) == [
        "etc/jupyter/jupyter_server_config.d/output_checker.json",
        f"{LABEXTENSION}/package.json",
    ]


def test_a_room_has_the_extension_and_its_server_part() -> None:
    target = ROOT / "var" / "room-env"
    if not (target / "current").exists():
        pytest.skip("the room's environment is not built here: make room")
    room = room_environment_folder(target)
    described = json.loads((room / LABEXTENSION / "package.json").read_text())
    assert (room / LABEXTENSION / described["jupyterlab"]["_build"]["load"]).exists()
    config = json.loads((room / "etc/jupyter/jupyter_server_config.d/output_checker.json").read_text())
    assert config == {"ServerApp": {"jpserver_extensions": {"output_checker.panel": True}}}


def test_the_rooms_environment_follows_the_sources_of_the_front_end(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HERE", "FILES", "LOCK"):
        monkeypatch.setattr(environment, name, sources / "src")
    monkeypatch.setattr(environment, "LOCK", sources / "yarn.lock")
    before = environment.fingerprint()
    for left in ("node_modules/x.js", "lib/index.js", "labextension/package.json"):
        (sources / left).parent.mkdir()
        (sources / left).write_text("{}")
    assert environment.fingerprint() == before
    with (sources / "style" / "index.css").open("a") as style:
        style.write(".x { color: red }\n")
    assert environment.fingerprint() != before


def test_without_node_it_is_one_sentence(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit, match=r"^Building the room needs Node 20 or newer"):
        front_end.built_front_end()
