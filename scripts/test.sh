#!/usr/bin/env bash
# The whole test suite, from a fresh checkout too. Arguments go to vitest (`npm test -- test/bundle`).
# The last line is `N passed, N failed`; the exit code is not 0 if anything failed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! bash scripts/setup.sh; then
  echo "setup failed"
  echo "0 passed, 1 failed"
  exit 1
fi
export COUNTERSIGN_BUILT=1 VITEST_REPORTER=totals CI=true
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
node node_modules/vitest/vitest.mjs run "$@" </dev/null 2>&1 | tee "$log" || status=1
# vitest could not even start, or broke off: say so in the same form
tail -n 1 "$log" | grep -qE '^[0-9]+ passed, [0-9]+ failed$' || { echo "0 passed, 1 failed" && status=1; }
exit "$status"
