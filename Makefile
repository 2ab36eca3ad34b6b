# The whole interface of this project: `make help` lists it.

# Not from the environment, where some shells keep the name of the machine in HOST.
HOST := 127.0.0.1
PORT ?= 8080
# Where events are kept, as in `sqlite:analytics.db` or `dynamodb:my-table`. Empty: the program's own default.
STORE ?=
# Passed to every build and test, as in SWIFT_FLAGS=--sanitize=thread.
SWIFT_FLAGS ?=
# Only the tests that match, as in FILTER=SigV4.
FILTER ?=
# Only these suites of benchmarks, as in SUITE=client.
SUITE ?=
# How hard `make attack` strikes, and what: EVENTS=50000 KILLS=20 ON=dynamodb.
EVENTS ?= 1000000
KILLS ?= 20
ON ?= sqlite
# For how long `make fuzz` looks.
SECONDS ?= 300
# Not empty: take it on trust that what Scripts/setup.sh installs is there.
SKIP_SETUP ?=

# Automation must not pass over a warning; at the desk one may wait until the code is done. SwiftPM silences the
# warnings of dependencies, so that only our own count.
ifeq ($(CI),true)
override SWIFT_FLAGS += -Xswiftc -warnings-as-errors
endif

ifneq ($(filter-out 0 false no,$(DEMO)),)
ifneq ($(STORE),)
$(error Either DEMO=1 or STORE=…: the demo has a store of its own)
endif
demo_store := demo.db
endif

swift_test := swift test --skip-build --disable-xctest $(SWIFT_FLAGS) </dev/null
# Whole programs, servers and a browser: these have the machine to themselves.
end_to_end := ^EndToEndTests
# These talk over connections that have time-outs, which they would meet if tests that compute for seconds kept the few
# threads of the pool from them.
connected := ^(ClientFaultTests|CopilotHandlersTests|CurlTransportTests|DifferentialTests|EventQueueTests|TableContractTests|TrackerTests)\.|^CopilotAnalyticsTests\.AttackTests

program := .build/release/copilot-analytics
serve_store := $(if $(demo_store),sqlite:$(demo_store),$(STORE))
swift_sources := Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources \
	Fuzzing/Package.swift Fuzzing/Sources
shell_scripts := $(wildcard Scripts/*.sh .ci/run infra/*.sh localstack/*.sh)

.DEFAULT_GOAL := help
.PHONY: run local test attack fuzz bench lambda lint format docs clean help

run: ## Build and serve the dashboard: PORT=8080 HOST=127.0.0.1 STORE=sqlite:… or DEMO=1 for sample data
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh run)
	swift build -c release --product copilot-analytics $(SWIFT_FLAGS)
	@$(if $(demo_store),Scripts/demo.sh $(program) $(demo_store),:)
	@exec $(program) serve --host '$(HOST)' --port '$(PORT)' $(if $(serve_store),--store '$(serve_store)')

local: ## Bring up the whole deployment on this machine, without Docker and without an account: PORT=4566
	@$(if $(SKIP_SETUP),SKIP_SETUP=1) localstack/start.sh --port '$(if $(filter file,$(origin PORT)),4566,$(PORT))'

test: ## Run every test, those against a real DynamoDB server included: FILTER=name SWIFT_FLAGS=--sanitize=thread
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh test)
	.venv/bin/python Tests/Support/test_support_test.py
	swift build --build-tests $(SWIFT_FLAGS)
	swift build --package-path Tests/SamplePackage --scratch-path .build/sample $(SWIFT_FLAGS)
	$(if $(FILTER),$(swift_test) --filter '$(FILTER)',$(swift_test) --skip '$(end_to_end)' --skip '$(connected)' && $(swift_test) --filter '$(connected)' && $(swift_test) --filter '$(end_to_end)')

attack: ## Kill writers at work, then count everything anew: EVENTS=1000000 KILLS=20 ON=sqlite or ON=dynamodb
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh test)
	swift build -c release --product copilot-analytics $(SWIFT_FLAGS)
	.venv/bin/python Tests/Support/attack.py --program $(program) --store '$(ON)' --events '$(EVENTS)' --kills '$(KILLS)'

# Inputs that were interesting stay in Fuzzing/.build/corpus for the next time.
fuzz: ## Look for inputs that the decoders of events, Segment messages and items cannot bear: SECONDS=300
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh run)
	swift build --sanitize=fuzzer --package-path Fuzzing $(SWIFT_FLAGS)
	@mkdir -p Fuzzing/.build/corpus
	cd Fuzzing/.build && debug/fuzz-decoders -max_total_time='$(SECONDS)' -max_len=8192 corpus ../corpus

bench: ## Measure beside libcurl, boto3, SQLite and others, and write Benchmarks/results: SUITE=client
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh bench)
	@# SwiftPM 6.3 does not notice new files in a package that is used by path; without its plan it looks again.
	@rm -f Benchmarks/.build/release.yaml
	swift build -c release --package-path Benchmarks $(SWIFT_FLAGS)
	swift build -c release --product copilot-analytics $(SWIFT_FLAGS)
	Scripts/build-lambda.sh $(SWIFT_FLAGS)
	Benchmarks/.build/release/bench $(SUITE)

lambda: ## Build the Lambda function: .build/lambda/bootstrap.zip
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh lambda)
	Scripts/build-lambda.sh $(SWIFT_FLAGS)
	Scripts/check-lambda-binary.sh .build/lambda/bootstrap

lint: ## Check the format of the Swift code, and the shell scripts where shellcheck is installed
	swift format lint --strict --recursive --parallel $(swift_sources)
	@if command -v shellcheck >/dev/null 2>&1; then shellcheck $(shell_scripts); fi

format: ## Rewrite the Swift code in the project's format
	swift format --in-place --recursive --parallel $(swift_sources)

docs: ## Write the API documentation to .build/docs
	@$(if $(SKIP_SETUP),:,Scripts/setup.sh run)
	Scripts/docs.sh

clean: ## Remove what was built; data, .venv and .venv-bench stay
	rm -rf .build Benchmarks/.build Fuzzing/.build

help: ## List these targets
	@sed -n 's/^\([a-z]*\): ## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10
