#!/usr/bin/env bash
# The whole loop before your eyes: two stations, a stick, three images, a client that accepts them.
# `npm run demo` needs nothing but Node; `npm run demo -- --real` signs in a SoftHSM token, publishes to a
# notary-server and asks the stock clients. COUNTERSIGN_BUILT=1 says that the checkout is already set up.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)

case ${1-} in
  '') kind=plain ;;
  --real) kind=real ;;
  *) echo 'usage: npm run demo [-- --real]' >&2 && exit 2 ;;
esac

if [ "${COUNTERSIGN_BUILT-}" != 1 ]; then
  case $kind in
    plain) bash "$checkout/scripts/setup.sh" build ;;
    real) bash "$checkout/scripts/setup.sh" real ;;
  esac
fi

# what the person who runs this has configured is none of the demo's business, and the other way round
for name in $(compgen -e); do
  case $name in
    COUNTERSIGN_* | NOTARY_* | DOCKER_* | SOFTHSM2_* | NODE_OPTIONS | NODE_EXTRA_CA_CERTS) unset "$name" ;;
  esac
done
umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/countersign-demo.XXXXXX")
export HOME=$work PATH=$checkout/bin:$PATH
cd "$work"
mkdir stick

server_pid=
finish() {
  local status=$?
  trap - EXIT
  if [ -n "$server_pid" ]; then
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
  fi
  cd / && rm -rf "$work"
  [ "$status" -eq 0 ] || printf '\nThe demo failed (exit %s).\n' "$status"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck source=scripts/demo/show.sh
. "$checkout/scripts/demo/show.sh"
# shellcheck source=scripts/demo/loop.sh
. "$checkout/scripts/demo/loop.sh"
# shellcheck disable=SC1090
. "$checkout/scripts/demo/$kind.sh"
run_demo
