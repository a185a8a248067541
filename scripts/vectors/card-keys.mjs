import { document, sealCard } from './card.mjs';
import { DESK, desk, sha256, VAULT, vault } from './material.mjs';
import { signingKeys } from './signing-keys.mjs';

/** Cards with signing keys on them: all properly sealed, since the card's own writer may be the liar. */
export function cardKeyVectors(writer, lib) {
  const { root, second, targets, delegated } = signingKeys(lib);
  const proofMessage = (card) => lib.preAuthentication('card', lib.canonicalBytes(card));
  /** A card that lists keys, each proven; `change` may touch the entries afterwards. */
  const carrying = (keys, change = (entries) => entries, of = document(vault, 'offline', VAULT)) => {
    const sorted = [...keys].sort((a, b) => (a.listed.keyid < b.listed.keyid ? -1 : 1));
    const message = proofMessage({ ...of, keys: sorted.map(({ listed }) => listed) });
    return { ...of, keys: change(sorted.map(({ listed, sign }) => ({ ...listed, proof: sign(message) }))) };
  };
  /** The same, but the entries are changed before the keys sign: only the entry itself is wrong. */
  const proven = (keys, change) => {
    const of = document(vault, 'offline', VAULT);
    const sorted = [...keys].sort((a, b) => (a.listed.keyid < b.listed.keyid ? -1 : 1));
    const listed = change(sorted.map((key) => ({ ...key.listed })));
    const message = proofMessage({ ...of, keys: listed });
    const signs = new Map(keys.map(({ listed: { public: spki }, sign }) => [spki, sign]));
    return {
      ...of,
      keys: listed.map((entry) => ({ ...entry, proof: (signs.get(entry.public) ?? root.sign)(message) })),
    };
  };
  const file = (card, key = VAULT) => lib.canonicalBytes({ card, seal: sealCard(lib, 'card', card, key) });
  const right = (name, title, card, key) => ({
    file: `card-${name}`,
    bytes: file(card, key),
    rule: 'B-54',
    title,
    expect: { kind: 'card', digest: sha256(lib.canonicalBytes(card)) },
  });
  const wrong = (check, rule) => (name, title, card) => ({
    file: `card-${name}`,
    bytes: file(card),
    rule,
    title,
    expect: { check },
  });
  const keys = wrong('CARD-KEYS', 'B-54');
  const proof = wrong('CARD-PROOF', 'B-55');
  const schema = wrong('CARD-SCHEMA', 'B-51');
  const two = [root, targets];
  const first =
    (change) =>
    ([entry, ...rest]) => [{ ...entry, ...change(entry) }, ...rest];
  const other = carrying(two, undefined, document({ name: 'safe' }, 'offline', VAULT));
  const flipped = (text) => {
    const bytes = Buffer.from(text, 'base64');
    bytes[10] ^= 1;
    return bytes.toString('base64');
  };
  const off = Buffer.from(root.listed.public, 'base64');
  off[off.length - 1] ^= 1;

  return [
    right('keys', 'an offline station with three keys, one of each kind', carrying([root, second, targets])),
    right(
      'delegation-key',
      'an online station with a key of a delegation',
      carrying([delegated], undefined, document(desk, 'online', DESK)),
      DESK,
    ),
    right(
      'online-keys',
      'an online station with a key of snapshot',
      carrying(
        [{ ...delegated, listed: { ...delegated.listed, role: 'snapshot' } }],
        undefined,
        document(desk, 'online', DESK),
      ),
      DESK,
    ),
    proof(
      'proof-changed',
      'a proof in which one bit is changed',
      carrying(
        two,
        first(({ proof: value }) => ({ proof: flipped(value) })),
      ),
    ),
    proof(
      'proof-swapped',
      'two proofs exchanged: each is by another key than it stands for',
      carrying([targets, delegated], ([a, b]) => [
        { ...a, proof: b.proof },
        { ...b, proof: a.proof },
      ]),
    ),
    proof(
      'proof-stranger',
      "a key of another station, with a proof by one's own",
      carrying(
        [second],
        first(() => {
          const message = proofMessage({ ...document(vault, 'offline', VAULT), keys: [second.listed] });
          return { proof: root.sign(message) };
        }),
      ),
    ),
    proof('proof-other-card', 'proofs that were made for the card of another name', {
      ...other,
      name: vault.name,
    }),
    proof(
      'proof-bare',
      'a proof over the card itself instead of its pre-authentication encoding',
      carrying(
        [targets],
        first(() => {
          const bare = lib.canonicalBytes({ ...document(vault, 'offline', VAULT), keys: [targets.listed] });
          return { proof: targets.sign(bare) };
        }),
      ),
    ),
    proof(
      'proof-as-request',
      'a proof under the payload type of a request',
      carrying(
        [targets],
        first(() => {
          const bare = lib.canonicalBytes({ ...document(vault, 'offline', VAULT), keys: [targets.listed] });
          return { proof: targets.sign(lib.preAuthentication('request', bare)) };
        }),
      ),
    ),
    proof(
      'proof-empty',
      'an empty proof',
      carrying(
        two,
        first(() => ({ proof: '' })),
      ),
    ),
    proof(
      'role-changed',
      'a role that was changed after the proof',
      carrying(
        [targets],
        first(() => ({ role: 'root' })),
      ),
    ),
    keys(
      'keyids-swapped',
      'two key IDs exchanged, and so two keys that are not what they are called',
      proven([targets, delegated], ([a, b]) => [
        { ...b, keyid: a.keyid },
        { ...a, keyid: b.keyid },
      ]),
    ),
    keys(
      'key-twice',
      'a key listed twice',
      proven([targets], ([a]) => [a, a]),
    ),
    keys(
      'key-twice-role',
      'a key listed twice, under two roles',
      proven([targets], ([a]) => [a, { ...a, role: 'root' }]),
    ),
    keys(
      'keys-unsorted',
      'keys that are not in the order of their IDs',
      proven(two, (entries) => [...entries].reverse()),
    ),
    keys(
      'key-algorithm',
      'a key of P-256 that is said to be of P-384',
      proven(
        [root],
        first(() => ({ algorithm: 'ecdsa-p384' })),
      ),
    ),
    keys(
      'key-weak',
      'a public key that is no point of the curve',
      proven(
        [root],
        first(() => ({ public: off.toString('base64') })),
      ),
    ),
    keys(
      'key-role',
      'a key of an online role on the card of an offline station',
      proven(
        [targets],
        first(() => ({ role: 'snapshot' })),
      ),
    ),
    schema(
      'key-role-name',
      'a key of a role whose name has 256 characters',
      proven(
        [targets],
        first(() => ({ role: 'r'.repeat(256) })),
      ),
    ),
    schema(
      'key-unknown-algorithm',
      'a key of an algorithm that nobody signs with here',
      proven(
        [targets],
        first(() => ({ algorithm: 'dsa' })),
      ),
    ),
    schema(
      'key-private',
      'a key with a member that is not in the schema',
      proven(
        [targets],
        first(() => ({ private: 'AA==' })),
      ),
    ),
  ];
}
