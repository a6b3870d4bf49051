# One word for each thing one does here. `make` alone lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SDK    := .venv-sdk
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help venv sdk node peers test check crash sweep kill model mutants fix demo demo-fleet bench bench-quick build clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

venv: $(VENV)/.installed ## make the virtual environment

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

sdk: $(SDK)/.installed ## make the environment of the official SDK, which tests drive

$(SDK)/.installed: tests/official_sdk/requirements.txt
	$(PYTHON) -m venv $(SDK)
	$(SDK)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

node: tests/official_node/node_modules/.installed ## install the official Node tools, which tests drive where node is

# Not `npm ci`: it wants download addresses of optional packages in the lock, which holds none.
tests/official_node/node_modules/.installed: tests/official_node/package-lock.json
	cd tests/official_node && npm install --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

peers: .venv-peers/.installed ## install what `make bench` measures beside ours

.venv-peers/.installed: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

test: venv sdk ## run all tests
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile

check: venv sdk ## lint, architecture, types, tests with branch coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/interrogate --quiet src tests
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --cov --cov-report=term-missing

fix: venv ## format, and mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

N      ?= 30000
SEED   ?= 1
MODE   ?= faults
ONLY   ?=
EVERY  ?= 1
WORD   ?=

crash: venv ## play N disturbed releases from SEED (MODE=faults, unsafe, http, crowd; singles, lost EVERY=)
	@PYTHONPATH=. $(BIN)/python -m tests.crash -n $(N) --seed $(SEED) --every $(EVERY) --mode $(MODE) $(if $(ONLY),--only $(ONLY))

sweep: venv ## play every single disturbance and 30,000 twos and threes, as the CI does: minutes
	@PYTHONPATH=. $(BIN)/python -m tests.crash --mode sweep

kill: venv ## kill, freeze and interrupt real processes at every moment of seven flows
	$(BIN)/python -m pytest -q -n $(JOBS) -m "slow or not slow" tests/process

SIZE   ?= small

model: venv ## explore every state of the protocol's model (SIZE=small, large)
	@PYTHONPATH=. $(BIN)/python -m tests.protocol --size $(SIZE)

mutants: venv ## remove every defence once, change pure modules bit by bit: who notices? (WORD=lease, EVERY=10)
	@PYTHONPATH=. $(BIN)/python -m tests.mutants --jobs $(JOBS) --every $(EVERY) --only "$(WORD)"

demo: venv ## release the sample routines to a local cloud and show what happened
	@$(BIN)/python examples/demo.py

demo-fleet: venv ## roll 200 routines out to a local cloud in waves, one of them bad
	@$(BIN)/python examples/demo_fleet.py

SUITES ?=

bench: venv sdk peers ## measure, side by side, in one run; writes docs (SUITES="call cap")
	@$(BIN)/python -m benchmarks --write $(SUITES)

bench-quick: venv ## the same in less than three minutes, to see that nothing broke
	@$(BIN)/python -m benchmarks --quick $(SUITES)

build: venv ## make the wheel and the source distribution
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build

clean: ## forget everything that can be made again
	rm -rf $(VENV) $(SDK) .venv-peers tests/official_node/node_modules dist .demo .demo-fleet .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
