# Two commands for everyone: `make run` and `make test`. `make help` lists the rest.

ARGS ?= serve
TARGET := $(or $(CARGO_TARGET_DIR),target)
export PATH := $(CURDIR)/.tools/bin:$(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup run build test dev bench soak screenshots

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Install what building Podium needs and this machine lacks
	@scripts/setup

run: build ## Build what changed and serve on 127.0.0.1:3000 with ./data (other arguments: make run ARGS="serve --help")
	@exec $(TARGET)/release/podium $(ARGS)

build: setup ## Build the release, target/release/podium
	@scripts/build

test: ## Check everything: format, lints, tests, release build with sizes, browser journeys
	@scripts/test

dev: setup ## Serve and reload the browser at every edit
	@cargo leptos watch --split --cargo-locked

bench: setup ## Measure what BENCHMARKS.md keeps; with BENCH=--quick a short look that keeps nothing
	@scripts/bench $(BENCH)

soak: build ## The checks that take longer than a minute, at their real length (about two hours; PODIUM_SOAK_MINUTES=1 for a look)
	@PROPTEST_CASES=5000 cargo test --locked --lib room::laws
	@PODIUM_SIM_SEEDS=10000 cargo test --locked --features ssr --lib simulation
	@PODIUM_SOAK=1 cargo test --locked --features ssr --lib -- --nocapture garbage::links endurance
	@PODIUM_SOAK=1 scripts/journeys --project=together crowd.live proxy.live

screenshots: build ## Take the reference pictures of every page again, into end2end/pictures
	@PODIUM_PICTURES=1 scripts/journeys --grep @pictures
