# Two commands do everything, set-up included: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
ENV := .venv/installed

.PHONY: help demo test test-all export readme docs clean

help:            ## list these commands
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(ENV)     ## simulate, train, compare, analyse and generate, into demo/
	$(BIN)/rotae-demo

test: $(ENV)     ## test the notebooks, then the package
	$(BIN)/nbdev-test --n_workers 2
	$(BIN)/pytest

$(ENV): settings.ini setup.py pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "constraints.txt needs Python 3.11 or newer; try: make PYTHON=python3.11"'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@
