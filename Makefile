# Every command of the course. `make` alone lists them.
# Options: PYTHON=python3.12  LAB_ARGS="--no-browser --port 9999"  NOTEBOOK=01  LESSON=01

PYTHON ?= python3
VENV := .venv
# On Windows, under Git Bash or MSYS, a virtual environment keeps its programs in Scripts.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Programs are started as modules: a moved directory would break the scripts in $(BIN).
RUN := $(BIN)/python -m
CODE := lessons_lib tools tests $(wildcard benchmarks) notebooks

# Progress bars never enter a notebook's outputs.
export TQDM_DISABLE := 1

.DEFAULT_GOAL := help
.PHONY: help lab frameworks test stable notebooks bench links screenshots format requirements clean readers developers

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What has been installed is remembered in .venv; these take an instant when nothing changed.
readers frameworks developers:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "No program called '$(PYTHON)': install Python 3.11 or newer (https://www.python.org/downloads/), then run make again."; \
	  exit 1; }
	@$(PYTHON) tools/set_up.py $@

lab: readers ## open the course in JupyterLab (LAB_ARGS=... is passed on)
	@env -u TQDM_DISABLE $(BIN)/python tools/lab.py $(LAB_ARGS)

test: developers ## check everything: style, tests, doctests, and every number in every notebook
	@$(RUN) ruff check $(CODE)
	@$(RUN) ruff format --check $(CODE)
	@$(RUN) pytest -q -n 2 -m "not browser"
	@$(RUN) pytest -q -n 2 --dist worksteal -m browser tests/browser
	@$(RUN) pytest -q -n 2 --dist loadfile --nbval --nbval-current-env \
	  --nbval-cell-timeout=120 --nbval-sanitize-with tests/nbval.cfg notebooks

stable: developers ## run the browser tests ten times in a row (TIMES=3 for fewer)
	@for i in $$(seq $(or $(TIMES),10)); do \
	  $(RUN) pytest -q -n 2 --dist worksteal -m browser tests/browser || exit 1; \
	done

notebooks: developers ## run all notebooks from a clean kernel and store them (NOTEBOOK=01 for one)
	@$(BIN)/python tools/notebooks.py run $(NOTEBOOK)

frameworks: ## add PyTorch, Keras and optax, for lesson 08 (Linux: see the README first)

bench: developers ## measure speed and memory (PART=peers, race or lessons; CHART=1 draws the README's chart)
	@$(BIN)/python benchmarks/run.py $(PART) $(if $(CHART),--chart notebooks/images/benchmarks.png)

links: ## print the Binder, Colab and nbgitpuller links (LESSON=01 for one, HUB=https://...)
	@$(or $(wildcard $(BIN)/python),$(PYTHON)) tools/links.py $(if $(LESSON),--lesson "$(LESSON)") $(if $(HUB),--hub "$(HUB)") \
	  $(if $(REMOTE),--remote "$(REMOTE)") $(if $(BRANCH),--branch "$(BRANCH)")

screenshots: developers ## draw every explorer in light and in dark, to be looked at (build/screenshots)
	@$(BIN)/python tools/screenshots.py

format: developers ## put code and notebooks into the common style
	@$(RUN) ruff check --fix $(CODE)
	@$(RUN) ruff format $(CODE)
	@$(BIN)/python tools/notebooks.py normalise

requirements: developers ## compile the pinned versions anew from pyproject.toml
	@$(BIN)/python tools/requirements.py

clean: ## remove .venv and everything else that can be made again
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
