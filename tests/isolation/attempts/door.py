"""Attempts against the door from the room's side: the socket replaced, and a hostile server behind it."""

from __future__ import annotations

from typing import Any


def move_socket_away() -> None:
    """Keep the real socket, under another name."""
    import os

    os.rename("/run/room/lab.sock", "/run/room/kept")


def replace_socket(kind: str, target: str) -> None:
    """Put something else in the socket's place."""
    import os
    import shutil

    path = "/run/room/lab.sock"
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if kind == "link":
        os.symlink(target, path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "folder with a link":
        os.mkdir(path)
        os.symlink(target, f"{path}/lab.sock")
    elif kind == "file":
        with open(path, "w") as file:
            file.write(target)
    elif kind == "hard link":
        os.link("/run/room/kept", path)


def put_socket_back() -> None:
    """As it was."""
    import os
    import shutil

    path = "/run/room/lab.sock"
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    os.rename("/run/room/kept", path)


def serve_hostile(answers: dict[str, list[Any]]) -> int:
    """In a child, answer at the socket's place with raw bytes.

    ``answers`` names for a word in the request's first line: the bytes to send (latin-1), how often, and
    whether to hang up afterwards. Every request is kept in ``/tmp/requests``. Returns the child's id.
    """
    import contextlib
    import os
    import socket
    import threading
    import time

    child = os.fork()
    if child:
        for _ in range(200):
            if os.path.exists("/run/room/lab.sock"):
                return child
            time.sleep(0.01)
        raise RuntimeError("the hostile server did not start")
    server = socket.socket(socket.AF_UNIX)
    server.bind("/run/room/lab.sock")
    server.listen(64)

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            while True:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    request += piece
                with open("/tmp/requests", "ab") as log:
                    log.write(request + b"\n====\n")
                line = request.split(b"\r\n", 1)[0].decode("latin-1")
                found = next((answer for word, answer in answers.items() if word in line), None)
                if found is None:
                    return
                text, times, hang_up = found
                for _ in range(times):
                    client.sendall(text.encode("latin-1"))
                if hang_up:
                    return

    while True:
        try:
            client, _ = server.accept()
        except OSError:
            os._exit(0)
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def end_child(pid: int) -> str:
    """End the hostile server; what was asked of it."""
    import contextlib
    import os
    import signal

    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with contextlib.suppress(FileNotFoundError), open("/tmp/requests", "rb") as log:
        return log.read().decode("latin-1")
    return ""
