#!/usr/bin/env bash
# Writes the API documentation of the library targets to .build/docs, with the docc of the Swift toolchain: no plugin
# among the dependencies, nothing to download.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

graphs=.build/docs-symbols catalog=.build/docs.docc
rm -rf .build/*/symbolgraph "$graphs" "$catalog" .build/docs
mkdir -p "$graphs" "$catalog"
# It also asks for two modules that SwiftPM makes up for the test runner and that exist only after a test build (seen
# with 6.3): these may fail, anything else may not.
if ! swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >"$graphs/log" 2>&1 &&
    grep 'error:' "$graphs/log" | grep -vE "for '[A-Za-z0-9_]*Package(Discovered)?Tests'" >&2; then
    exit 1
fi
# What only tests use is public to nobody.
find .build/*/symbolgraph -name '*.symbols.json' ! -name '*Tests*' ! -name 'TestServers*' ! -name 'PropertyTesting*' \
    -exec cp {} "$graphs" \;
# One site for all modules: their catalogs' pages name the module that they belong to.
find Sources -path '*.docc/*' -type f -exec cp {} "$catalog" \;
docc convert "$catalog" --additional-symbol-graph-dir "$graphs" --output-path .build/docs \
    --fallback-display-name copilot-analytics --fallback-bundle-identifier copilot-analytics \
    --transform-for-static-hosting
echo "Documentation: serve .build/docs, as with 'python3 -m http.server -d .build/docs', and open one of"
for module in .build/docs/documentation/*/; do echo "  /documentation/$(basename "$module")/"; done
