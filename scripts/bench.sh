#!/usr/bin/env bash
# Runs the benchmarks, all or those named: `npm run bench -- startup`.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${COUNTERSIGN_BUILT-}" = 1 ] || node scripts/build.mjs
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS

if [ $# -eq 0 ]; then set -- bench/*.mjs; else set -- "${@/#/bench/}" && set -- "${@/%/.mjs}"; fi
for file in "$@"; do
  echo "== $file"
  node "$file"
done
