# One environment for everything. An active virtual environment is used as it is; otherwise .venv is made, and
# installed into again only when the requirements change.
VENV := $(if $(VIRTUAL_ENV),$(VIRTUAL_ENV),.venv)
PYTHON := $(VENV)/bin/python
ACTIVE := $(VIRTUAL_ENV)
HASH := $(shell cat requirements.txt requirements-dev.txt | sha256sum | cut -c1-16)

.PHONY: app test check fast lint types format clean install-app install-dev

app: install-app  ## start the app on its embedded default
	$(PYTHON) -m streamlit run app.py

test: install-dev  ## every test
	$(PYTHON) -m pytest -n 2 --dist loadscope

check: lint types fast  ## what to run before a commit: about two minutes

fast: install-dev
	$(PYTHON) -m pytest -n 2 --dist loadscope -m "not slow and not browser"

lint: install-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: install-dev
	$(PYTHON) -m mypy

format: install-dev
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

ifeq ($(ACTIVE),)
install-app: .venv/.app-$(HASH)
install-dev: .venv/.dev-$(HASH)
else
install-app install-dev:
	@$(PYTHON) -c "import torch, streamlit" || (echo "The active environment lacks the requirements: pip install -r requirements-dev.txt" && false)
endif

.venv/bin/python:
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --upgrade pip

.venv/.app-$(HASH): .venv/bin/python
	.venv/bin/python -m pip install --quiet -r requirements.txt
	@rm -f .venv/.app-* && touch $@

.venv/.dev-$(HASH): .venv/bin/python
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt
	@rm -f .venv/.app-* .venv/.dev-* && touch $@ .venv/.app-$(HASH)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
