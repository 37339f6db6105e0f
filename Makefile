PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LEGACY_PYTHON ?= python3.11
LEGACY_VENV ?= .venv-legacy

.PHONY: demo test test-legacy check setup

demo: $(VENV)/ready  ## upscale a sample photo and lay bicubic beside the result
	mkdir -p demo
	$(BIN)/srgan-tf upscale srgan_tf/samples/chelsea.png -o demo/chelsea_x4.png --overwrite
	$(BIN)/srgan-tf figures compare srgan_tf/samples/chelsea.png -o demo/chelsea_compare.png --overwrite

test: $(VENV)/ready  ## the default tests, under 3 minutes on two cores
	$(BIN)/python -m pytest -n 2

test-legacy: $(VENV)/ready $(LEGACY_VENV)/ready  ## the SavedModel under TF 2.15 with tensorflow-addons
	SRGAN_TF_LEGACY=$(LEGACY_VENV)/bin/python $(BIN)/python -m pytest -s tests/export/test_legacy.py

check: $(VENV)/ready  ## everything a change must pass
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

setup: $(VENV)/ready  ## the environment alone

$(VENV)/ready: setup.cfg setup.py pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('srgan-tf needs Python 3.11 or newer; try make PYTHON=python3.12' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

$(LEGACY_VENV)/ready: export/legacy/requirements.txt
	$(LEGACY_PYTHON) -c "import sys; sys.exit('test-legacy needs Python 3.11' if sys.version_info[:2] != (3, 11) else 0)"
	test -x $(LEGACY_VENV)/bin/python || $(LEGACY_PYTHON) -m venv $(LEGACY_VENV)
	$(LEGACY_VENV)/bin/python -m pip install --quiet --requirement $<
	touch $@
