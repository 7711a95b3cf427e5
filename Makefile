SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 13490
BIN := .venv/bin
# Parts of the house that are not built yet have no folder.
CODE := $(wildcard handler layers tests infra)

.PHONY: help run test image-test check bench bench-crops bench-faces setup format lock clean

help: ## print this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  %-11s %s\n' "$$name" "$$text"; done

run: ## set up, then serve http://localhost:13490 with results in .results/ (PORT=8000 for another port)
	@if (exec 3<>/dev/tcp/127.0.0.1/$(PORT)) 2>/dev/null; then \
		echo "run: error: Port $(PORT) is taken by another program. Stop it, or choose another port: make run PORT=$$(( $(PORT) + 1 ))" >&2; exit 1; fi
	@infra/setup.sh run
	@mkdir -p .results
	@exec $(BIN)/smart-crop serve --host 127.0.0.1 --port $(PORT) --store "file://$(CURDIR)/.results"

test: setup ## set up, then run every test that needs no root (ARGS="-k name" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

image-test: setup ## as root on Debian: build the Lambda image with SAM and invoke it in containers (ARGS="-k name")
	@$(BIN)/python -m pytest tests/image $(ARGS)

check: setup ## set up, then check format, lint and types
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy $(CODE)

bench: setup ## set up, then measure against sharp, side by side
	@$(BIN)/python -m tests.bench.run $(ARGS)

bench-crops: setup ## set up, then measure what windows keep of what people look at
	@$(BIN)/python -m tests.bench.crops $(ARGS)

bench-faces: setup ## set up, then measure face detection against mediapipe, and framing
	@$(BIN)/python -m tests.bench.faces $(ARGS)
	@$(BIN)/python -m tests.bench.framing

setup: ## install what is missing: system packages, uv, .venv, pillow-simd, the Lambda emulator; Chromium, curl and Node.js for the tests
	@infra/setup.sh

format: setup ## set up, then write the code as `make check` wants it
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

lock: ## pin the packages anew after a change to pyproject.toml (ARGS=--upgrade moves every pin)
	@infra/setup/lock.sh $(ARGS)

clean: ## remove all that make made here, except the results
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis layers/*/build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
