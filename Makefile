# Every target does its own set-up, in .venv (the documentation in .venv-docs, since awscli and Sphinx
# want different docutils). A stamp file per extra keeps it from being done again until setup.cfg changes.

VENV := .venv
BIN := $(VENV)/bin
DOCS_VENV := .venv-docs
CDK_VENV := .cache/cdk
# The version that synthesised tests/cloudformation/cdk_template.json.
CDK := aws-cdk-lib==2.275.0
PIP_INSTALL := -m pip install --disable-pip-version-check --quiet --editable

# The first of these that can is used: make PYTHON=/path/to/it puts another in their place.
CAN_MAKE_VENV := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python3.10)

# More arguments for pytest, the benchmarks or the moto suite: make test ARGS='-k trust'
ARGS :=

.PHONY: help demo test lint format types docs bench soak moto-suite spark chromium cdk clean
.DELETE_ON_ERROR:
# Two installs into one environment would trip over each other.
.NOTPARALLEL:

help:
	@echo "make demo        the main job, told step by step"
	@echo "make test        the tests"
	@echo "make lint        style (make format repairs what can be repaired)"
	@echo "make types       mypy, strict"
	@echo "make docs        the documentation, into docs/_build/html"
	@echo "make bench       the performance budgets"
	@echo "make soak        ten minutes of mixed clients at the server"
	@echo "make moto-suite  moto's own tests, without and with the plugin"
	@echo "make spark       tracing with Spark against tracing with DuckDB; needs Java"
	@echo "make chromium    Chromium, for the page's tests in a browser; Debian and Ubuntu, as root"
	@echo "make cdk         the CDK, for the test that synthesises a template with it; needs Node"
	@echo "make clean       remove what the other targets made"

demo: $(VENV)/.installed-demo
	@$(BIN)/moto-eks-podid demo $(ARGS)

test: $(VENV)/.installed-test
	$(BIN)/pytest -n 2 $(ARGS)

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.installed-lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.installed-test $(VENV)/.installed-lint
	$(BIN)/mypy

docs: $(DOCS_VENV)/.installed-docs
	$(DOCS_VENV)/bin/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks --docs docs/_static $(ARGS)

soak: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.soak $(ARGS)

moto-suite: $(VENV)/.installed-test
	$(BIN)/python tests/moto_suite/run.py $(ARGS)

spark: $(VENV)/.installed-test $(VENV)/.installed-spark
	$(BIN)/pytest tests/origins/test_trace_spark.py $(ARGS)

# The tests look for it, and say that they were skipped where it is not.
chromium:
	@command -v chromium chromium-browser google-chrome > /dev/null \
	    || { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; }

cdk: $(CDK_VENV)/.installed

clean:
	rm -rf $(VENV) $(DOCS_VENV) .cache .tox .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist docs/_build docs/_generated *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

INSTALLED := $(addprefix $(VENV)/.installed-,demo test lint spark)
INSTALLED_DOCS := $(DOCS_VENV)/.installed-docs

$(VENV)/.installed-demo: EXTRAS := server,cli
$(VENV)/.installed-test: EXTRAS := test
$(VENV)/.installed-lint: EXTRAS := lint
$(VENV)/.installed-spark: EXTRAS := spark
$(INSTALLED_DOCS): EXTRAS := docs

$(INSTALLED): | $(VENV)/.created
$(INSTALLED_DOCS): | $(DOCS_VENV)/.created

$(INSTALLED) $(INSTALLED_DOCS): setup.cfg
	@echo "installing moto-eks-podid[$(EXTRAS)] into $(@D)"
	@$(@D)/bin/python $(PIP_INSTALL) '.[$(EXTRAS)]'
	@touch $@

# A venv of its own: it has half a gigabyte, and dependencies that nothing else needs.
$(CDK_VENV)/.installed: | $(CDK_VENV)/.created
	@echo "installing $(CDK) into $(@D)"
	@$(@D)/bin/python -m pip install --disable-pip-version-check --quiet '$(CDK)'
	@touch $@

$(VENV)/.created $(DOCS_VENV)/.created $(CDK_VENV)/.created:
	@for python in $(PYTHONS); do \
	    if "$$python" -c '$(CAN_MAKE_VENV)' 2>/dev/null; then \
	        echo "making $(@D) with $$("$$python" --version)"; \
	        "$$python" -m venv $(@D) && touch $@; exit; \
	    fi; \
	done; \
	echo "No Python 3.10 or newer here can make a virtual environment (tried: $(PYTHONS))." >&2; \
	echo "Debian and Ubuntu: apt-get install python3-venv. Elsewhere: make PYTHON=/path/to/it" >&2; \
	exit 1
