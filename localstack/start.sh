#!/usr/bin/env bash
# AWS on this machine, without Docker and without an account: builds the functions, deploys infra/template.yaml to
# `ministack` and prints the addresses. Ctrl-C ends it, and nothing is kept. What this stands on is in local_aws.py.
#
#     localstack/start.sh [--port 4566] [Parameter=Value …]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -z "${SKIP_SETUP:-}" ]; then Scripts/setup.sh test; fi
swift build -c release --product copilot-analytics
make --no-print-directory lambda SKIP_SETUP=1
exec .venv/bin/python localstack/local_aws.py "$@"
