# Two commands: `make run` shows the result, `make test` checks everything.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
LOG    ?= samples/v6.12-memcg-v2-kubernetes.dmesg.log

.PHONY: run test lint format golden pictures bench fuzz clean

$(BIN)/oomlog: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(BIN)/oomlog
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable ".[pdf,diagram]"
	@touch $@

# Parses a shipped sample; your own log with: make run LOG=/var/log/kern.log
run: $(BIN)/oomlog
	@$(BIN)/oomlog parse $(LOG)

# System packages are only needed by the tests that boot a kernel and read journals; without root these are
# skipped and say so.
test: $(VENV)/.dev
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then sh tests/system-packages.sh; fi
	@$(BIN)/python -c "import systemd" 2>/dev/null \
	    || $(BIN)/python -m pip install --quiet --disable-pip-version-check "systemd-python>=235" >/dev/null 2>&1 \
	    || echo "systemd-python cannot be compiled here: the tests of the journal will be skipped" >&2
	$(MAKE) lint
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes the expected records of samples/ anew; read the diff before you keep it.
golden: $(VENV)/.dev
	$(BIN)/python -m pytest tests/test_samples.py tests/test_explain_golden.py tests/test_systemd_guest.py --update-golden

# Draws the pictures of the documents anew.
pictures: $(VENV)/.dev
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/screenshot.py

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet atheris
	mkdir -p .fuzz
	$(BIN)/python tests/fuzz/fuzz_parse.py -max_total_time=60 -max_len=65536 .fuzz samples/

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
