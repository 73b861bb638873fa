PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYBAMM_DISABLE_TELEMETRY := true

.PHONY: run test bench study agreement clean

run: $(VENV)/.installed
	$(BIN)/sscell run scenarios/anneal.toml --out results/anneal

test: $(VENV)/.installed-test
	$(BIN)/ruff check sscell tests scenarios
	$(BIN)/mypy
	$(BIN)/pytest

bench: $(VENV)/.installed-test
	$(BIN)/pytest -m benchmark -s tests/benchmarks

study: $(VENV)/.installed-test
	$(BIN)/pytest -m study -s tests/physics

agreement: $(VENV)/.installed-test
	$(BIN)/pytest -m agreement -s tests

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) results .pytest_cache .ruff_cache .mypy_cache
