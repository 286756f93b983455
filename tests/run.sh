#!/bin/sh
# Everything, from a fresh clone: what `make check` asks, then every test. Skips are listed with their reasons.
set -eu
make --no-print-directory check
code=0
# Rooms and windows on Docker are tested where root can start an engine; the images take minutes the first time. Without them
# their tests are skipped with the reason, and the run as a whole has failed.
if [ "$(id -u)" -eq 0 ]; then
  sh images/debian-packages.sh docker &&
    .venv/bin/python -m tests.docker_engine make --no-print-directory room-image window-image ARGS= || code=$?
fi
# One file stays on one worker: a file's tests share one hub.
.venv/bin/python -m pytest -q -rsfE -n 2 --dist loadfile --ignore tests/browser --ignore tests/isolation --ignore tests/faults \
  --ignore tests/window tests || code=$?
# Each by itself: one hub serves the whole folder, and its limits and seconds are measured.
.venv/bin/python -m pytest -q -rsfE tests/isolation || code=$?
.venv/bin/python -m pytest -q -rsfE tests/faults || code=$?
.venv/bin/python -m pytest -q -rsfE tests/window || code=$?
# By itself since the browser's driver keeps an event loop running in its process.
.venv/bin/python -m pytest -q -rsfE -n 2 --dist loadfile tests/browser || code=$?
exit "$code"
