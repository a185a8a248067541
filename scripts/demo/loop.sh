# The loop itself, the same for both demos: they differ in where keys live and where the repository is published.

# digest_of FILE: of a bundle or a card, as a script reads it
digest_of() { countersign bundle digest "$1" --json | member digest; }

# make_stations: `build`, where releases are made, and `vault`, behind the air gap, each with the other's card
make_stations() {
  heading 'Two stations'
  at build countersign station init --side online --name build
  at vault countersign station init --side offline --name vault

  heading 'Pairing: each learns the other by its card'
  at build countersign station card -o stick/build.card
  at vault countersign station card -o stick/vault.card
  say 'Two people compare the words over the telephone and type two of them.' \
    'A script gives the digest instead.'
  at vault countersign station pair stick/build.card --approve "$(digest_of stick/build.card)"
  at build countersign station pair stick/vault.card --approve "$(digest_of stick/vault.card)"
}

# stage_images GUN: a new repository with three images
stage_images() {
  heading 'At the build station: what is to be published'
  at build countersign init "$1"
  local tag size=1570
  for tag in 1.0 1.1 latest; do
    at build countersign addhash "$1" "$tag" "$size" \
      --sha256 "$(printf 'image manifest %s' "$tag" | sha256sum | cut -c 1-64)"
    size=$((size + 3))
  done
  at build countersign status
}

# cross_and_sign GUN SECRET...: request, review, signature; SECRET is the flag that opens the keys
cross_and_sign() {
  local gun=$1 digest
  shift
  heading 'The request goes onto the stick'
  at build countersign export -o stick/app.request.tar
  digest=$(digest_of stick/app.request.tar)

  heading 'Across the air gap: look before you sign'
  at vault countersign review stick/app.request.tar

  heading 'Sign'
  say 'An officer types two words of the digest and the new version. A script' \
    'gives the digest, taken by another way than the stick, and names what has' \
    'to be accepted: here, that this is the first root of a repository.'
  at vault countersign sign stick/app.request.tar -o stick/app.response.tar \
    "$@" --approve "$digest" --accept "FIRST-ROOT:$gun"
}
