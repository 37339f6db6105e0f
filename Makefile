PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-notebooks check docs setup

demo: $(VENV)/installed  ## upscale a sample photo and lay bicubic beside the result
	mkdir -p demo
	$(BIN)/srgan-tf upscale srgan_tf/samples/chelsea.png -o demo/chelsea_x4.png --overwrite
	$(BIN)/srgan-tf figures compare srgan_tf/samples/chelsea.png -o demo/chelsea_compare.png --overwrite

test: $(VENV)/ready  ## the default tests, under 3 minutes on two cores
	$(BIN)/python -m pytest -n 2

test-notebooks: $(VENV)/ready  ## runs every notebook at its small size, a minute or two
	$(BIN)/python -m pytest -m slow tests/notebooks

check: $(VENV)/ready  ## everything a change must pass
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

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
