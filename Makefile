PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LEGACY_PYTHON ?= python3.11
LEGACY_VENV ?= .venv-legacy

.PHONY: demo test test-notebooks test-legacy check docs setup

demo: $(VENV)/installed  ## upscale a sample photo and lay bicubic beside the result
	mkdir -p demo
	$(BIN)/srgan-tf upscale srgan_tf/samples/chelsea.png -o demo/chelsea_x4.png --overwrite
	$(BIN)/srgan-tf figures compare srgan_tf/samples/chelsea.png -o demo/chelsea_compare.png --overwrite

test: $(VENV)/ready  ## the default tests, under three minutes on two cores
	$(BIN)/python -m pytest -n 2

test-notebooks: $(VENV)/ready  ## runs every notebook at its small size, a minute or two
	$(BIN)/python -m pytest -m slow tests/notebooks

test-legacy: $(VENV)/ready $(LEGACY_VENV)/ready  ## the SavedModel under TF 2.15 with tensorflow-addons
	SRGAN_TF_LEGACY=$(LEGACY_VENV)/bin/python $(BIN)/python -m pytest -s tests/export/test_legacy.py

check: $(VENV)/ready  ## everything a change must pass
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 -m "not slow and not network and not gpu"

docs: $(VENV)/docs-ready  ## the documentation, in build/docs; warnings are errors
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs

setup: $(VENV)/ready  ## the environment alone

$(VENV)/installed: setup.cfg setup.py pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('srgan-tf needs Python 3.11 or newer; try make PYTHON=python3.12' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV): TensorFlow alone is a download of 570 MB, so this takes minutes."
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/ready: $(VENV)/installed
	@echo "Adding what the tests and the checks need."
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

$(VENV)/docs-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

$(LEGACY_VENV)/ready: export/legacy/requirements.txt
	$(LEGACY_PYTHON) -c "import sys; sys.exit('test-legacy needs Python 3.11' if sys.version_info[:2] != (3, 11) else 0)"
	test -x $(LEGACY_VENV)/bin/python || $(LEGACY_PYTHON) -m venv $(LEGACY_VENV)
	$(LEGACY_VENV)/bin/python -m pip install --quiet --requirement $<
	touch $@
