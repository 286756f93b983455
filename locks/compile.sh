#!/bin/sh
# Make the locks anew, one for each zone: every version with its hashes, and no registry's address.
# Extra arguments go to uv, for example --upgrade-package jupyterlab. Debian 12's own Python is 3.11.2.
set -eu
cd "$(dirname "$0")/.."
uv() { PATH=".venv/bin:$PATH" command uv "$@"; }
lock() { uv pip compile --quiet --no-header --generate-hashes --python-version 3.11.2 --no-emit-package output-checker "$@"; }
lock "$@" --extra hub --extra data --extra dev pyproject.toml -o locks/dev.txt
lock "$@" --extra hub -c locks/dev.txt pyproject.toml -o locks/hub.txt
lock "$@" --extra data -c locks/dev.txt pyproject.toml -o locks/data.txt
echo uv | lock -c locks/dev.txt - -o locks/uv.txt
lock "$@" images/room/requirements.in extensions/output_checker/pyproject.toml -o images/room/requirements.txt
