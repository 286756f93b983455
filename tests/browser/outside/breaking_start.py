"""Run inside a room: leaves start-up files that say random words in every way a start can, and then end it.

The last line printed is a JSON object with the words, by the place in which each was planted.
"""

import json
import pathlib
import secrets

words = {}


def word(place):
    """A new random word, noted."""
    words[place] = "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(24))
    return words[place]


config = f"""
import os, sys, time
for line in range(20):
    os.write(1, b"{word("start: standard output")}\\n")
    os.write(2, b"Traceback: {word("start: standard error")}\\n")
c.ServerApp.base_url = "/{word("start: address")}/"
c.ServerApp.custom_display_url = "http://{word("start: shown address")}/"
c.ServerApp.default_url = "/{word("start: default address")}"
try:
    import ctypes
    ctypes.CDLL(None).prctl(15, b"{word("start: name of the process")[:15]}", 0, 0, 0)
except OSError:
    pass
sys.argv[:] = ["{word("start: command line")}"]
time.sleep(3)
sys.stderr.write("{word("start: last words")}\\n")
sys.stderr.flush()
os._exit(66)
"""
folder = pathlib.Path("/workspace/home/.jupyter")
folder.mkdir(exist_ok=True)
(folder / "jupyter_server_config.py").write_text(config)
pathlib.Path(f"/workspace/home/{word('start: file name')}.ipynb").write_text(word("start: file text"))
print("\n" + json.dumps({"words": words}))
