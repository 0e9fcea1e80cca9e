PYTHON ?= python3
# The build of torch that the training tests run on; any from 2.6 on will do.
TORCH ?= torch==2.13.0
SOURCES := $(shell find infer train models configs -type f -not -name '*.pyc' 2>/dev/null)

.PHONY: demo test check install clean

demo: .venv/installed  ## label the articles under samples/ and print a table
	.venv/bin/mujaz label samples

test: .venv-test/installed  ## run all tests
	.venv-test/bin/python -m pytest

check: .venv-test/installed  ## what a change must pass besides the tests
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports

install: .venv/installed  ## the tool alone, without torch

# Running needs no torch; testing the training code does.
.venv/installed: pyproject.toml $(SOURCES)
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

.venv-test/installed: pyproject.toml
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	@touch $@

clean:
	rm -rf .venv .venv-test .pytest_cache .mypy_cache .ruff_cache
