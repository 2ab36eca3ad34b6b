#!/usr/bin/env bash
# AWS on this machine, without Docker and without an account: builds the functions and an example copilot, deploys
# infra/template.yaml to `ministack` and prints the addresses. Ctrl-C ends it, and nothing is kept. What this stands on is
# in local_aws.py.
#
#     localstack/start.sh [--port 4566] [Parameter=Value …]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -z "${SKIP_SETUP:-}" ]; then Scripts/setup.sh test; fi
for product in copilot-analytics bootstrap example-copilot; do swift build -c release --product "$product"; done
built=.build/release
exec .venv/bin/python localstack/local_aws.py --bootstrap "$built/bootstrap" --copilot "$built/example-copilot" "$@"
