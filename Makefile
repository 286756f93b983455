# One command for each habit: make · make demo · make test · make test-fast · make check · make bench
PYTHON ?= python3
ROOM   := var/room-env
ARGS   ?=
STYLE  := var/style/lockedroom.css

.DEFAULT_GOAL := all
.PHONY: all demo serve test test-fast check fix lock docs bench pictures clean room room-image window-image packages

all: .venv/.made node_modules/.made $(STYLE) room

packages:
	@sh images/debian-packages.sh

.venv/.made: locks/dev.txt locks/uv.txt pyproject.toml extensions/output_checker/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lockedroom needs Python 3.11 or newer: set PYTHON=/path/to/python3 and run make again."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.txt
	.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r locks/dev.txt
	.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e extensions/output_checker -e .
	@touch $@

node_modules/.made: package.json package-lock.json
	npm ci --silent --no-progress
	@touch $@

# The pages' style: the NHS design system's components, without its fonts and its logo.
$(STYLE): $(wildcard hub/pages/look/style/*.scss) node_modules/.made
	@mkdir -p $(@D)
	@node_modules/.bin/sass --no-source-map --style=compressed --load-path=node_modules --quiet-deps hub/pages/look/style/lockedroom.scss $@.new
	@mv $@.new $@

# The room's environment is not the hub's: its own lock, and the checker as a wheel.
room: .venv/.made
	@.venv/bin/python images/room/environment.py $(ROOM)

# The image of rooms on Docker, from the same lock; ARGS=--fresh takes Debian's updates of today.
room-image: .venv/.made
	@sh images/debian-packages.sh docker
	@.venv/bin/python images/room/image.py $(ROOM) $(ARGS)

# The image of windows on Docker.
window-image: .venv/.made
	@sh images/debian-packages.sh docker
	@.venv/bin/python images/room/image.py $(ROOM) --window $(ARGS)

demo: packages all
	@.venv/bin/python -m tests.journey.demo $(ARGS)

test: packages all
	@sh tests/run.sh

# Measures, side by side in one run; ARGS names benches, --repeat and --write.
bench: packages all
	@.venv/bin/python -m tests.bench $(ARGS)

test-fast: .venv/.made $(STYLE)
	@.venv/bin/python -m pytest -q -n 2 -m "not slow" tests

check: .venv/.made
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python images/room/front_end.py
	.venv/bin/python -m pytest -q tests/docs

fix: .venv/.made
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# docs/reference is written from the code.
docs: .venv/.made
	@.venv/bin/python docs/generate.py

# The pictures of the README, taken on the way of the browser's journey.
pictures: packages all
	@.venv/bin/python -m pytest -q tests/browser/test_journey_in_chromium.py
	@cp var/screenshots/journey-2-menu.png var/screenshots/journey-3-panel.png var/screenshots/journey-4-review.png var/screenshots/journey-5-released.png docs/pictures/

# Locks carry hashes and no address.
lock: .venv/.made
	sh locks/compile.sh

clean:
	rm -rf .venv node_modules var
