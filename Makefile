SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 13490
BIN := .venv/bin
CODE := handler layers tests infra

.PHONY: help run test image-test cloud-test check fuzz kill-test budget bench bench-crops bench-stability crop-sheets gallery bench-faces bench-trim cost setup format lock clean

help: ## print this list
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what serving needs, then serve http://localhost:13490 with results in .results/ (PORT=8000 for another port)
	@if (exec 3<>/dev/tcp/127.0.0.1/$(PORT)) 2>/dev/null; then \
		echo "run: error: Port $(PORT) is in use by another program. Stop it, or use another port: make run PORT=$$(( $(PORT) + 1 ))" >&2; exit 1; fi
	@infra/setup.sh run
	@mkdir -p .results
	@# Byte code is kept even if the variable forbids it: a start without it compiles 250 modules.
	@PYTHONDONTWRITEBYTECODE= exec $(BIN)/smart-crop serve --host 127.0.0.1 --port $(PORT) --store "file://$(CURDIR)/.results"

test: setup ## set up, then run all tests that need no root (ARGS="-k name" for a selection)
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

image-test: setup ## as root on Debian: build the images of the functions and the server, and run them in containers (ARGS="-k name")
	@$(BIN)/python -m pytest tests/image $(ARGS)

cloud-test: setup ## set up, then deploy the template with SAM to an emulated AWS account (ARGS="-k name")
	@$(BIN)/python -m pytest tests/cloud $(ARGS)

check: setup ## set up, then check format, lint and types
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy $(CODE)

fuzz: setup ## set up, then send mutated files, settings, forms and events to the service (ARGS="--inputs 1000000")
	@$(BIN)/python -m tests.fuzz.run $(ARGS)

kill-test: setup ## set up, then kill processes of the server under load for ten minutes (ARGS="--minutes 1")
	@$(BIN)/python -m tests.fuzz.kill $(ARGS)

budget: setup ## set up, then compare estimates of memory and CPU time with measured ones (ARGS="--megapixels 12")
	@$(BIN)/python -m tests.budget.report $(ARGS)

bench: setup ## set up, then compare time, memory and windows with sharp
	@$(BIN)/python -m tests.bench.run $(ARGS)

bench-crops: setup ## set up, then measure how well crops agree with what people look at and keep (ARGS=--quick)
	@$(BIN)/python -m tests.bench.crops $(ARGS)

bench-stability: setup ## set up, then measure how often a changed picture has the same window (ARGS=--quick)
	@$(BIN)/python -m tests.bench.stability $(ARGS)

crop-sheets: setup ## set up, then draw the windows of each tool on 60 pictures at five aspects, as a page
	@$(BIN)/python -m tests.bench.sheets crop-sheets

gallery: setup ## set up, then draw them at four aspects, with the shares kept below each
	@$(BIN)/python -m tests.bench.sheets gallery

bench-faces: setup ## set up, then compare face detection with mediapipe, and measure framing and recall by group
	@$(BIN)/python -m tests.bench.faces $(ARGS)
	@$(BIN)/python -m tests.bench.framing
	@$(BIN)/python -m tests.bench.face_groups

bench-trim: setup ## set up, then measure trim on generated pictures with known content (ARGS=films for one set)
	@$(BIN)/python -m tests.bench.trim $(ARGS)

cost: setup ## set up, then measure crops in the Lambda emulator, and write the costs in infra/README.md
	@$(BIN)/python -m tests.bench.cost $(ARGS)

setup: ## install missing system packages, uv, .venv, pillow-simd, the Lambda emulator, and programs for the tests
	@infra/setup.sh

format: setup ## set up, then format the code and apply automatic fixes
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

lock: ## update requirements.lock after a change to pyproject.toml (ARGS=--upgrade updates all pins)
	@infra/setup/lock.sh $(ARGS)

clean: ## remove everything that make created here, except the results
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis layers/*/build dist tests/fuzz/.state
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
