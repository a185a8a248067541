# Embedded defaults: encrypted key files, and a repository in a folder that any web server can serve.

run_demo() {
  local gun=registry.example.com/team/app began=$SECONDS
  node -e 'process.stdout.write(require("node:crypto").randomBytes(24).toString("base64") + "\n")' >passphrase

  make_stations

  heading 'Keys, in encrypted files'
  at vault countersign key generate root --keyfile --passphrase-file passphrase
  say 'A repository in a folder needs two more keys: snapshot and timestamp are' \
    'signed where it is published.'
  at build countersign key generate snapshot --keyfile --passphrase-file passphrase
  at build countersign key generate timestamp --keyfile --passphrase-file passphrase
  at build countersign repository add "$gun" --directory published

  stage_images "$gun"
  cross_and_sign "$gun" --passphrase-file passphrase

  heading 'Back at the build station: publish'
  at build countersign publish stick/app.response.tar --passphrase-file passphrase

  heading 'A client that has never seen the repository'
  at client countersign station init --side online --name client
  at client countersign repository add "$gun" --directory published
  at client countersign list "$gun"
  COUNTERSIGN_HOME=$work/client countersign list "$gun" --json >seen
  local tag
  for tag in 1.0 1.1 latest; do
    grep -q "$(printf 'image manifest %s' "$tag" | sha256sum | cut -c 1-64)" seen
  done
  at client countersign inspect "$gun" --pretty

  printf '\nAccepted: a fresh client verified %s and its 3 images (%s s).\n' "$gun" "$((SECONDS - began))"
}
