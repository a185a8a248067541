#!/usr/bin/env bash
# Runs the benchmarks, all or those named, and gives its flags to each: `npm run bench -- startup --json`.
# Exits with 4 where one of them missed a goal.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${COUNTERSIGN_BUILT-}" = 1 ] || node scripts/build.mjs >&2
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS

names=()
while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do names+=("$1") && shift; done
if [ ${#names[@]} -eq 0 ]; then
  for file in bench/*.mjs bench/*.ts; do names+=("$(basename "${file%.*}")"); done
fi

# both sides' files lie in memory where there is such a folder: a disk that others use too would be measured with them;
# TMPDIR says otherwise
if [ -z "${TMPDIR-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
echo "files in ${TMPDIR-/tmp}" >&2

# two folders below the checkout, as the tests' peers are: they find the program from where they are
bundles=$(mktemp -d node_modules/.bench-XXXXXX)
trap 'rm -rf "$bundles"' EXIT
status=0
for name in "${names[@]}"; do
  echo "== $name" >&2
  file=bench/$name.mjs
  if [ ! -e "$file" ]; then
    node_modules/.bin/esbuild "bench/$name.ts" --bundle --platform=node --format=esm --target=node20.19 \
      --packages=external --log-level=warning --outfile="$bundles/$name.mjs"
    file=$bundles/$name.mjs
  fi
  node "$file" "$@" || status=$?
done
exit "$status"
