# Real parts: a SoftHSM token, a notary-server, and the stock clients `notary` and `docker`.

# softhsm_module: where SoftHSM's PKCS#11 module is, by Debian's place and by those of others
softhsm_module() {
  local file
  for file in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/lib*/pkcs11/libsofthsm2.so \
    /usr/lib*/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so /opt/homebrew/lib/softhsm/libsofthsm2.so; do
    if [ -e "$file" ]; then
      echo "$file"
      return
    fi
  done
}

require_parts() {
  local missing='' tool
  for tool in softhsm2-util notary notary-server openssl docker; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  module=$(softhsm_module)
  [ -n "$module" ] || missing+=' libsofthsm2.so'
  if [ -n "$missing" ]; then
    echo "The real parts are not all here; missing:$missing" >&2
    echo 'On Debian, as root: apt-get install softhsm2 notary openssl docker.io' >&2
    exit 6
  fi
}

# make_token: an initialised token `ceremony` in a folder of the demo, and its PIN in a file
make_token() {
  mkdir tokens
  printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/tokens" >softhsm2.conf
  export SOFTHSM2_CONF=$work/softhsm2.conf
  node -p '100000 + require("node:crypto").randomInt(900000)' >pin
  softhsm2-util --init-token --free --label ceremony --pin "$(cat pin)" --so-pin "$(cat pin)" >/dev/null
}

# make_certificates: an authority, and a certificate for localhost
make_certificates() {
  local curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  cat >openssl.cnf <<'END'
[name]
[req]
distinguished_name = name
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
END
  {
    openssl req -x509 "${curve[@]}" -config openssl.cnf -extensions ca -days 2 -subj '/CN=Demo authority' \
      -keyout ca.key -out ca.crt
    openssl req "${curve[@]}" -config openssl.cnf -subj /CN=localhost -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
      -extfile openssl.cnf -extensions server -out server.crt
  } >openssl.log 2>&1 || { cat openssl.log >&2 && exit 1; }
}

# start_server: a notary-server with a store in memory on a free port; sets `port` and `server_pid`
start_server() {
  local attempt
  for attempt in 1 2 3; do
    port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => {
      console.log(s.address().port); s.close(); })')
    cat >server.json <<END
{
  "server": {
    "http_addr": "127.0.0.1:$port",
    "tls_cert_file": "$work/server.crt",
    "tls_key_file": "$work/server.key"
  },
  "trust_service": { "type": "local" },
  "storage": { "backend": "memory" },
  "logging": { "level": "info" }
}
END
    notary-server -config server.json >server.log 2>&1 &
    server_pid=$!
    # until it listens, or is gone because somebody else took the port
    while kill -0 "$server_pid" 2>/dev/null; do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && kill -0 "$server_pid" 2>/dev/null; then return; fi
      sleep 0.1
    done
  done
  cat server.log >&2
  echo 'notary-server does not start' >&2
  exit 6
}

run_demo() {
  require_parts
  local began=$SECONDS module port server gun
  module=$(softhsm_module)
  make_token
  make_certificates
  start_server
  server=https://localhost:$port
  gun=localhost:$port/team/app

  make_stations

  heading 'A root key in the HSM'
  at vault countersign token allow "$module"
  at vault countersign token list
  at vault countersign key generate root --token 'pkcs11:token=ceremony;object=root' --pin-file pin
  at build countersign repository add "$gun" --server "$server" --ca ca.crt

  stage_images "$gun"
  cross_and_sign "$gun" --pin-file pin

  heading 'Back at the build station: publish to notary-server'
  at build countersign publish stick/app.response.tar

  heading 'The stock clients, which have never seen the repository'
  mkdir -p ".docker/tls/localhost:$port"
  cp ca.crt ".docker/tls/localhost:$port/ca.crt"
  say "This is the unmodified notary client, with an empty trust folder."
  at client notary -s "$server" --tlscacert ca.crt -d empty list "$gun" | tee notary.out
  export DOCKER_CONTENT_TRUST_SERVER=$server
  say "And this is Docker (DOCKER_CONTENT_TRUST_SERVER=$server)."
  at client docker trust inspect "$gun" | tee docker.out
  local tag hash
  for tag in 1.0 1.1 latest; do
    hash=$(printf 'image manifest %s' "$tag" | sha256sum | cut -c 1-64)
    grep -q "^ *$tag  *$hash " notary.out
    grep -q "\"Digest\": \"$hash\"" docker.out
  done

  printf '\nAccepted: notary and docker trust verified %s and its 3 images (%s s).\n' \
    "$gun" "$((SECONDS - began))"
}
