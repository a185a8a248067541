#!/usr/bin/env bash
# Installs the system packages that are missing: Debian, as root. `build` wants only what installation compiles with,
# `real` also the parts of the real demo, `test` (the default) everything.
# Says what is missing and goes on where it may not install; the tests that need a part then fail and name it.
set -euo pipefail

purpose=${1-test}
missing=()
need() { # need COMMAND_OR_FILE PACKAGE
  case $1 in
    /*) [ -e "$1" ] || missing+=("$2") ;;
    *) command -v "$1" >/dev/null 2>&1 || missing+=("$2") ;;
  esac
}

# pkcs11js is compiled where it is installed
need g++ g++
need make make
need python3 python3

if [ "$purpose" != build ]; then
  need softhsm2-util softhsm2
  need /usr/lib/softhsm/libsofthsm2.so softhsm2
  need notary notary
  need notary-server notary
  need openssl openssl
  need docker docker.io
fi

if [ "$purpose" = test ]; then
  need pkcs11-tool opensc
  need certutil libnss3-tools
  need "/usr/lib/$(uname -m)-linux-gnu/libsoftokn3.so" libnss3
  need docker-registry docker-registry
  need skopeo skopeo
  # of any version; where there is none, the pattern stands for itself and is no file
  for postgres in /usr/lib/postgresql/*/bin/postgres; do :; done
  need "$postgres" postgresql
  need strace strace
  need faketime faketime
  need tmux tmux
  need setsid util-linux
  need gcc gcc
  need pkg-config pkg-config
  need /usr/include/p11-kit-1/p11-kit/pkcs11.h libp11-kit-dev
fi

[ ${#missing[@]} -eq 0 ] && exit 0
mapfile -t packages < <(printf '%s\n' "${missing[@]}" | sort -u)

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "missing system packages, please install them (Debian, as root):" >&2
  echo "  apt-get install ${packages[*]}" >&2
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends "${packages[@]}" </dev/null >/dev/null; }
echo "installing ${packages[*]}"
install 2>/dev/null || { apt-get update </dev/null >/dev/null && install; }
