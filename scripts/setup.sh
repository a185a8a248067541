#!/usr/bin/env bash
# Makes a checkout ready: system packages, npm packages, dist/. Run it as often as you like. An argument says for what:
# build, real, or test (the default).
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-parts.sh "${1-test}"

# npm writes node_modules/.package-lock.json last; older than the lock file means that it is out of date
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] ||
  [ ! -e node_modules/pkcs11js/build/Release/pkcs11.node ]; then
  # pkcs11js is compiled: with Node's own headers where they are on disk, so that nothing is downloaded
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [ -e "$prefix/include/node/node.h" ]; then
    export npm_package_config_node_gyp_nodedir=$prefix
  fi
  CI=true npm ci --no-progress </dev/null
  touch node_modules/.package-lock.json
fi

node scripts/build.mjs
