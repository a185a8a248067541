import { DESK, desk, sha256, STRANGER, VAULT, vault } from './material.mjs';

/** A card's document. */
export function document({ name }, side, key, changes = {}) {
  return {
    format: 'countersign-1',
    kind: 'card',
    name,
    side,
    environment: 'production',
    key: key.raw.toString('hex'),
    keys: [],
    ...changes,
  };
}

/** Seals a card's document, as a card or as another kind. */
export function sealCard(lib, kind, card, key) {
  const signature = key.sign(lib.preAuthentication(kind, lib.canonicalBytes(card)));
  return { key: key.raw.toString('hex'), signature: signature.toString('base64') };
}

/** Cards, right and wrong. */
export function cardVectors(writer, lib) {
  const seal = (kind, card, key) => sealCard(lib, kind, card, key);
  const file = (card, sealed) => lib.canonicalBytes({ card, seal: sealed });
  const right = (name, title, card, key) => ({
    file: `card-${name}`,
    bytes: file(card, seal('card', card, key)),
    rule: 'B-50',
    title,
    expect: { kind: 'card', digest: sha256(lib.canonicalBytes(card)) },
  });
  const wrong = (check, rule) => (name, title, bytes) => ({
    file: `card-${name}`,
    bytes,
    rule,
    title,
    expect: { check },
  });
  const card = document(vault, 'offline', VAULT);
  const good = file(card, seal('card', card, VAULT));
  const form = wrong('CARD-FORM', 'B-50');
  const schema = wrong('CARD-SCHEMA', 'B-51');
  const other = document(vault, 'offline', VAULT, { name: 'Vault' });
  return [
    right('online', 'the card of an online station', document(desk, 'online', DESK), DESK),
    right('offline', 'the card of an offline station', card, VAULT),
    form('newline', 'a newline at its end', Buffer.concat([good, Buffer.from('\n')])),
    form('cut', 'cut off', good.subarray(0, -10)),
    schema(
      'extra-member',
      'a member that is not in the schema',
      file({ ...card, admin: true }, seal('card', card, VAULT)),
    ),
    schema('name', 'a name in upper case', file(other, seal('card', other, VAULT))),
    wrong('SEAL-KEY', 'B-52')(
      'other-key',
      'sealed by another key than its own',
      file(card, seal('card', card, STRANGER)),
    ),
    wrong('SEAL-SIGNATURE', 'B-52')(
      'changed',
      'changed after it was sealed',
      file({ ...card, side: 'online' }, seal('card', card, VAULT)),
    ),
    wrong('SEAL-SIGNATURE', 'B-22')(
      'as-request',
      'sealed as a request',
      file(card, seal('request', card, VAULT)),
    ),
  ];
}
