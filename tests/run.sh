#!/bin/sh
# Everything, from a fresh clone: what `make check` asks, then every test. Skips are listed with their reasons.
set -eu
make --no-print-directory check
# One file stays on one worker: a file's tests share one hub.
exec .venv/bin/python -m pytest -q -rs -n 2 --dist loadfile tests
