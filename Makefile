# Every task by one word. `make` alone lists them.
UV ?= uv
RUN = $(UV) run --quiet

.DEFAULT_GOAL := help

.PHONY: help run test check format flights bench pins

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

run: ## the API on port 8000 with sample data ending today; Ctrl-C ends it
	$(RUN) python -m scripts.run

test: check ## everything that CI runs
	$(RUN) pytest -n 2 --dist loadgroup

check: ## format, lint, types, import contracts
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) basedpyright
	PYTHONPATH=src $(RUN) lint-imports

format: ## let ruff write the layout and the safe fixes
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

flights: ## 336,776 real flights through the API into .data (no server may run on it)
	$(RUN) python -m scripts.flights

bench: ## ratios measured side by side
	$(RUN) python -m benchmarks.ingest
	$(RUN) python -m benchmarks.query

pins: ## raise every pin in pyproject.toml to the newest release that fits
	$(RUN) python -m scripts.pin_dependencies
