# Two commands do everything, set-up included: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
ENV := .venv/installed
OUT := .

# The networks are small: one thread each is faster than two that wait for each other.
export OMP_NUM_THREADS := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo test test-all test-lowest export reference readme explorer docs clean

help:            ## list these commands
	@sed -nE 's/^([a-z-]+):[^#]*## /\1	/p' Makefile | expand -t 14

demo: $(ENV)     ## simulate, train, compare, analyse and generate, into demo/
	rotae-demo

test: $(ENV)     ## run every quick cell of the notebooks, compare its output with the saved one, and test the package
	ruff check --quiet
	pytest -n 2

test-all: $(ENV) ## the same, slow cells and tests included
	nbdev-test --n-workers 2 --flags slow
	pytest -m 'slow or not slow'

test-lowest:     ## the tests of `make test` with the lowest versions that settings.ini allows, in an environment of their own
	$(PYTHON) -c 'import sys; assert sys.version_info[:2] == (3, 11), "the lowest versions are tested with Python 3.11; try: make PYTHON=python3.11 test-lowest"'
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install --quiet -c constraints-lowest.txt -e '.[dev]'
	PATH="$(CURDIR)/.venv-lowest/bin:$$PATH" .venv-lowest/bin/pytest -n 2

export: $(ENV)   ## write the package and the site's reference from the notebooks, and clean them
	python tools/frame.py
	nbdev-export
	nbdev-clean
	$(MAKE) -s reference

reference: $(ENV) ## write the site's page of all public names, nbs/reference.qmd
	python tools/reference.py

readme: $(ENV)   ## write README.md from nbs/index.ipynb
	python tools/readme.py $(OUT)

explorer: $(ENV) ## write the site's explorer, nbs/explorer.js, from rotae/explorer/ and the shipped weights
	rotae-explorer --out nbs/explorer.js

docs: $(ENV)     ## build the site into _docs/ (needs Quarto)
	@command -v quarto >/dev/null || { echo 'make docs needs Quarto 1.7 or newer: install it from quarto.org and put it on the PATH.' >&2; exit 1; }
	PATH="$(CURDIR)/tools/strict:$$PATH" nbdev-docs
	python tools/site_pages.py

clean:           ## remove what the commands above have made
	rm -rf .venv .venv-lowest demo _proc _docs build dist *.egg-info

$(ENV): settings.ini setup.py pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "the locked versions need Python 3.11 or newer; try: make PYTHON=python3.11"'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@
