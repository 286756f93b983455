#!/bin/sh
# Everything, from a fresh clone: what `make check` asks, then every test. Skips are listed with their reasons.
set -eu
make --no-print-directory check
code=0
images=""
# Rooms and windows on Docker are tested where root can start an engine. Their images take minutes the first time: they are
# made while the units run. Without them their tests are skipped with the reason, and the run as a whole has failed.
if [ "$(id -u)" -eq 0 ]; then
  sh images/debian-packages.sh docker || code=$?
  mkdir -p var
  nice .venv/bin/python -m tests.docker_engine make --no-print-directory room-image window-image ARGS= >var/images.log 2>&1 &
  images=$!
fi
# One file stays on one worker: a file's tests share one hub.
.venv/bin/python -m pytest -q -rsfE -n 2 --dist loadfile tests --ignore tests/bench --ignore tests/browser --ignore tests/faults \
  --ignore tests/isolation --ignore tests/window || code=$?
if [ -n "$images" ] && ! wait "$images"; then
  code=1
  cat var/images.log
fi
# Each by itself: one hub serves the whole folder, and its limits and seconds are measured.
for folder in isolation faults window bench; do
  .venv/bin/python -m pytest -q -rsfE "tests/$folder" || code=$?
done
# By itself since the browser's driver keeps an event loop running in its process.
.venv/bin/python -m pytest -q -rsfE -n 2 --dist loadfile tests/browser || code=$?
exit "$code"
