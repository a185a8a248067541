import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/**
 * What the conformance vectors are made of: keys out of fixed seeds, sample manifests, and a writer that can be
 * told to write what no station writes. Everything is deterministic: Ed25519 is, and nothing else is random.
 */

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const ZERO = '0'.repeat(64);

/** Ed25519 key out of a name; `raw` is the public key. */
export function keyOf(name) {
  const seed = createHash('sha256').update(`countersign conformance vectors: ${name}`).digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { raw, identity: sha256(raw), sign: (message) => sign(null, message, secret) };
}

export const DESK = keyOf('desk');
export const VAULT = keyOf('vault');
export const SAFE = keyOf('safe');
export const STRANGER = keyOf('stranger');
export const desk = { name: 'desk', key: DESK.identity };
export const vault = { name: 'vault', key: VAULT.identity };
export const safe = { name: 'safe', key: SAFE.identity };

/** Contents of a bundle under construction; `add` gives the name of the entry. */
export function contents() {
  const files = new Map();
  const add = (content) => {
    const bytes = Buffer.from(content);
    files.set(sha256(bytes), bytes);
    return `files/${sha256(bytes)}`;
  };
  return { files, add };
}

const head = (kind, from, fields) => ({
  format: 'countersign-1',
  kind,
  environment: 'production',
  id: '0123456789abcdef0123456789abcdef',
  created: '2026-11-02T10:00:00Z',
  from,
  ...fields,
});

const document = (type, version) => `{"_type":"${type}","version":${String(version)}}`;

/** A repository that does not exist yet: no base, slots that the offline station fills. */
export function firstRoot(add, name = 'registry.example.com/team/app', dialect = 'notary') {
  const role = (at, slots) => ({
    role: at,
    version: 1,
    expires: '2029-11-02T10:00:00Z',
    payload: null,
    document: add(document(`${at} of ${name}`, 1)),
    slots,
    signers: slots.map(({ id }) => ({ keyid: id, quorum: 'new', holder: VAULT.identity })),
    needs: { old: 0, new: 1 },
  });
  const slot = (id, kind, at) => ({
    id,
    kind,
    role: at,
    station: VAULT.identity,
    algorithm: 'ecdsa-p256',
    keyid: null,
  });
  return {
    dialect,
    name,
    operation: 'first-root',
    supersedes: [],
    roots: [],
    base: ['root', 'targets'].map((at) => ({ role: at, version: 0, sha256: ZERO, file: null })),
    serverKeys: ['snapshot', 'timestamp'].map((at) => ({ role: at, key: add(`key of ${at}`) })),
    changes: add('[{"type":"init"}]'),
    evidence: [],
    result: [
      role('root', [slot('root.certificate', 'certificate', 'root')]),
      role('targets', [slot('targets.key', 'key', 'targets')]),
    ],
  };
}

/** A new version of targets over an existing repository, with the image manifest behind it. */
export function newTargets(add, name = 'registry.example.com/team/app', target = '1.0') {
  const image = `{"schemaVersion":2,"of":${JSON.stringify(name)}}`;
  const roots = [add(document('Root', 1)), add(document('Root', 2))];
  const base = (role, version, file) => ({ role, version, sha256: sha256(`${role} ${name}`), file });
  const change = {
    evidence: sha256(image),
    hashes: { sha256: sha256(image) },
    length: image.length,
    name: target,
    role: 'targets',
    type: 'add',
  };
  return {
    dialect: 'notary',
    name,
    operation: 'targets',
    supersedes: [],
    roots,
    base: [
      base('root', 2, roots[1]),
      base('snapshot', 8, add(document('Snapshot', 8))),
      base('targets', 5, add(document('Targets', 5))),
      base('timestamp', 9, add(document('Timestamp', 9))),
    ],
    serverKeys: [],
    changes: add(`[${JSON.stringify(change)}]`),
    evidence: [{ role: 'targets', target, file: add(image) }],
    result: [
      {
        role: 'targets',
        version: 6,
        expires: '2029-11-02T10:00:00Z',
        payload: sha256(document('Targets', 6)),
        document: add(document('Targets', 6)),
        slots: [],
        signers: [{ keyid: sha256('targets key'), quorum: 'both', holder: VAULT.identity }],
        needs: { old: 1, new: 1 },
      },
    ],
  };
}

/** The same metadata with a later expiry: a small record, for what has to be wrong in something else. */
export function refreshed(add, name = 'registry.example.com/team/app') {
  const root = add(document('Root', 2));
  const base = (role, version, file) => ({ role, version, sha256: sha256(`${role} ${name}`), file });
  return {
    ...newTargets(() => root, name),
    operation: 'refresh',
    roots: [root],
    base: [base('root', 2, root), base('targets', 5, add(document('Targets', 5)))],
    changes: add('[{"role":"targets","type":"refresh"}]'),
    evidence: [],
    result: newTargets(() => add(document('Targets', 6)), name).result,
  };
}

/** Manifest of a request without its list of files. */
export function request(repositories, changes = {}) {
  return head('request', desk, {
    notAfter: '2026-12-02T10:00:00Z',
    sequence: 3,
    to: [{ ...vault, heard: null, head: null }],
    repositories,
    ...changes,
  });
}

/** Manifest of a response without its list of files. */
export function response(repositories, changes = {}) {
  return head('response', vault, {
    sequence: 7,
    to: desk,
    request: { digest: sha256('a request'), sequence: 3 },
    previous: null,
    head: { line: 6, hash: sha256('line 6') },
    repositories,
    tool: 'countersign 0.1.0',
    ...changes,
  });
}

/** One repository's answer: a root with a filled certificate. */
export function answered(add, by = vault) {
  return {
    dialect: 'notary',
    name: 'registry.example.com/team/app',
    record: sha256('a record'),
    fills: [
      {
        slot: 'root.certificate',
        kind: 'certificate',
        value: add(`a certificate by ${by.name}`),
        keyid: sha256('root key'),
        by: by.key,
      },
    ],
    marks: { pinned: 0, roles: [{ role: 'root', seen: 0, signed: 1 }] },
    roles: [
      {
        role: 'root',
        version: 1,
        payload: sha256(document('Root', 1)),
        outcome: 'signed',
        check: null,
        document: add(document('Root', 1)),
        signatures: [
          {
            keyid: sha256(`root key of ${by.name}`),
            method: 'ecdsa',
            value: Buffer.alloc(64, by.name).toString('base64'),
          },
        ],
      },
    ],
  };
}

/** One repository's answer: a no, out of the list of reasons. */
export function declined(name = 'registry.example.com/team/app') {
  return {
    dialect: 'notary',
    name,
    record: sha256('a record'),
    fills: [],
    marks: { pinned: 2, roles: [{ role: 'targets', seen: 5, signed: 6 }] },
    roles: [
      {
        role: 'targets',
        version: 6,
        payload: null,
        outcome: 'refused',
        check: 'OFFICER',
        document: null,
        signatures: [],
      },
    ],
  };
}

/** Manifest of a combined bundle without its list of files. */
export function combined(parts, changes = {}) {
  return head('combined', vault, {
    sequence: 9,
    to: desk,
    request: { digest: sha256('a request'), sequence: 3 },
    parts,
    metadata: [],
    ...changes,
  });
}
