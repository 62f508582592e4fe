# Canvass: every target says what it is for; `make` lists them.
SHELL := /bin/bash
BIN := bin
GOLANGCI := $(BIN)/golangci-lint
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK := $(BIN)/govulncheck
GOVULNCHECK_VERSION := v1.9.0
# A count: a span of time can end in the middle of a run, which Go before 1.27 calls a failure
# (go.dev/issue/75804).
FUZZTIME ?= 20000x
FAST := ./domain/... ./commands/... ./http/... ./clients/redis/...

.DEFAULT_GOAL := help
.PHONY: help run build test test-short test-race test-e2e fuzz lint format migrate generate graphql verify typescript bench cover audit compose up down docs-ui

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Run everything on this machine (PORT, DATA_DIR, DATABASE_URL, REDIS_URL)
	@exec $(BIN)/canvass dev

build: ## Build bin/canvass
	@go build -o $(BIN)/canvass ./cmd/canvass

test: ## Run every test; needs nothing but Go (TEST_DATABASE_URL points it at a server of yours)
	go test -timeout 20m ./...

test-short: ## Run the tests that need no Postgres
	go test -short ./...

test-race: ## Run the fast packages with the race detector
	go test -race -timeout 15m $(FAST)

test-e2e: ## Run the tests on the assembled product
	go test -timeout 15m ./cmd/...

fuzz: ## Run every fuzz target for FUZZTIME
	@set -e -o pipefail; for p in $$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$p/*_test.go | cut -c6- | sort -u); do \
	    echo "fuzz $$p $$f"; go test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) | grep -v '^fuzz: elapsed'; \
	  done; done

$(GOLANGCI):
	@mkdir -p $(BIN)
	GOBIN=$(CURDIR)/$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

lint: $(GOLANGCI) ## Check the code and the arrows between the rooms
	$(GOLANGCI) run ./...

format: $(GOLANGCI) ## Format the code
	$(GOLANGCI) fmt ./...

migrate: build ## Bring DATABASE_URL to the shape of this release
	$(BIN)/canvass migrate

generate: graphql build ## Make docs/events.md, docs/openapi.json and the code of the GraphQL schema
	$(BIN)/canvass catalogue > docs/events.md
	$(BIN)/canvass openapi > docs/openapi.json

graphql: ## Make the code of the GraphQL schema (gqlgen.yml)
	go tool gqlgen generate

verify: generate ## Fail when a generated file is not what is committed, or go.mod is not tidy
	git diff --exit-code -- docs/events.md docs/openapi.json http/graphql
	go mod tidy -diff

typescript: ## Generate the TypeScript client from docs/openapi.json and check the sample frontend against it (npm)
	@command -v npm >/dev/null || { echo "npm is not here: the sample frontend is not checked"; exit 0; }; \
	cd docs/examples/nextjs && npm ci --ignore-scripts --omit=optional --no-audit --no-fund && npm run check && ! grep -q '"resolved"' package-lock.json

bench: build ## Measure appends, projections and the API beside the machine's own limits
	$(BIN)/canvass bench append
	$(BIN)/canvass bench project
	$(BIN)/canvass bench http
	$(BIN)/canvass bench import
	$(BIN)/canvass bench search
	$(BIN)/canvass bench send

cover: ## Show how much of each package the tests reach
	go test -cover ./...

$(BIN)/govulncheck:
	@mkdir -p $(BIN)
	GOBIN=$(CURDIR)/$(BIN) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

# Exit code 3 of govulncheck is a finding; any other failure is that it could not look, which is no "all is well".
audit: $(GOVULNCHECK) ## Look for known vulnerabilities in what the program uses (needs vuln.go.dev)
	@out=$$(mktemp); $(GOVULNCHECK) ./... > $$out 2>&1; code=$$?; cat $$out; \
	case $$code in \
	  0) echo "audit: nothing is known against what the program uses" ;; \
	  3) echo "audit: FAILED, the program uses something that is known to be vulnerable" >&2 ;; \
	  *) if grep -q 'fetching vulnerabilities' $$out; then echo "audit: NOT DONE, the database of vulnerabilities could not be reached; nothing is known" >&2; \
	     else echo "audit: NOT DONE, govulncheck failed" >&2; fi ;; \
	esac; rm -f $$out; exit $$code

compose: ## Check docker-compose.yml, where docker compose is there
	@if docker compose version >/dev/null 2>&1; then docker compose config --quiet && echo "compose: docker-compose.yml is well"; \
	else echo "compose: NOT CHECKED, docker compose is not on this machine"; fi

up: ## Start everything with docker compose: Postgres, Redis, a mailbox, API and worker
	docker compose up --build --detach

down: ## Stop them
	docker compose down

docs-ui: ## Fetch the pinned Swagger UI and GraphiQL again (npm)
	@dir=$$(mktemp -d) && for p in swagger-ui-dist@5.35.0 react@18.3.1 react-dom@18.3.1 graphiql@4.1.2; do \
	mkdir $$dir/$${p%@*} && (cd $$dir/$${p%@*} && npm pack $$p >/dev/null && tar xzf *.tgz --strip-components 1); done && \
	for f in swagger-ui-bundle.js swagger-ui.css; do gzip -9 -n -c $$dir/swagger-ui-dist/$$f > http/docs/$$f.gz; done && \
	(cd $$dir && cat react/umd/react.production.min.js react-dom/umd/react-dom.production.min.js graphiql/graphiql.min.js) | gzip -9 -n > http/docs/graphiql.js.gz && \
	gzip -9 -n -c $$dir/graphiql/graphiql.min.css > http/docs/graphiql.css.gz && \
	cp $$dir/graphiql/LICENSE http/docs/LICENSE-graphiql && cp $$dir/react/LICENSE http/docs/LICENSE-react && rm -r $$dir
