import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { parseStrictJson } from '../../src/encoding/strict-json.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { isObject, type Json } from '../../src/encoding/json.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { verifyRepository } from '../../src/metadata/repository.ts';
import { checkOf } from './check-of.ts';
import {
  CAPTURED,
  capturedFiles,
  capturedGun,
  capturedRepository,
  REPOSITORIES,
  syntheticPayload,
} from './vectors.ts';

const everyFile = [...REPOSITORIES, 'synthetic'].flatMap((folder) =>
  capturedFiles(folder).map((captured) => ({ where: `${folder}/${captured.file}`, ...captured })),
);

describe('files that the stock client and server wrote', () => {
  test.each(everyFile)(
    'R16: $where is written again byte for byte from its parsed content',
    ({ role, bytes }) => {
      const document = notary.parse(role, bytes);
      expect(
        Buffer.from(notary.write(document.payload, document.signatures, document.outside)).equals(bytes),
      ).toBe(true);
      const value = parseStrictJson(bytes);
      const signed = isObject(value) ? (value['signed'] as Json) : null;
      expect(Buffer.from(document.payload).equals(canonicalBytes(signed))).toBe(true);
    },
  );

  test('R16: the synthetic file covers exactly the canonical bytes that both servers accepted', () => {
    const [synthetic] = capturedFiles('synthetic');
    const document = notary.parse('targets', synthetic?.bytes ?? Buffer.alloc(0));
    expect(Buffer.from(document.payload).equals(syntheticPayload())).toBe(true);
    expect(sha256Hex(document.payload)).toBe(
      '8eccddc975a878291fbbb1cdccc28b5be4c18d54eb9b7359a70472c6baabf64f',
    );
    expect(sha256Hex(document.file)).toBe('e783330effd149eaf14c55b45a9b3a189a8ba12f427af0c6bc8fc5ec7eb63ca8');
  });

  test.each(REPOSITORIES)('R1 R10: %s verifies from its first root to every file', (folder) => {
    const files = capturedRepository(folder);
    const context = { repository: capturedGun(folder), now: CAPTURED };
    const verified = verifyRepository(notary, files, null, context);
    expect(verified.root.version).toBe(files.roots.length);
    expect([...verified.targets.keys()].sort()).toEqual([...files.targets.keys()].sort());
    const first = notary.parse('root', files.roots[0] ?? Buffer.alloc(0));
    expect(verifyRepository(notary, files, first, context).root.version).toBe(files.roots.length);
  });

  test.each(REPOSITORIES)('R1: %s does not verify under another name, nor with a root left out', (folder) => {
    const files = capturedRepository(folder);
    const other = { repository: 'localhost:5443/other/name', now: CAPTURED };
    expect(checkOf(() => verifyRepository(notary, files, null, other))).toBe('CHAIN-ROOT');
    if (files.roots.length < 3) return;
    const gap = { ...files, roots: [...files.roots.slice(0, 1), ...files.roots.slice(2)] };
    const context = { repository: capturedGun(folder), now: CAPTURED };
    expect(checkOf(() => verifyRepository(notary, gap, null, context))).toBe('CHAIN-ROOT');
  });

  test.each(everyFile)(
    'R16: $where is refused in any other spelling of the same content',
    ({ role, bytes }) => {
      const text = bytes.toString('utf8');
      const spellings = [
        `${text}\n`,
        ` ${text}`,
        text.replace('{"signed":', '{ "signed":'),
        text.replace('"version":', '"version": '),
        text.replace('"_type"', '"\\u005ftype"'),
        // what Go escapes must be escaped, also where all else is canonical
        ...['<', '>', '&', '\u2028', '\u2029'].map((raw) =>
          text.replace(/"(expires|version)":/, `"$1${raw}":`),
        ),
        text.replaceAll('\\u003c', '<'),
        text.replaceAll('\\u2028', '\u2028'),
        text.replace('"version":', '"version":1,"version":'),
      ].filter((other) => other !== text);
      for (const other of spellings)
        expect(checkOf(() => notary.parse(role, Buffer.from(other)))).toBe('METADATA-FORM');
    },
  );

  test.each(['null', '1', '"x"', '[]', '{}'])('METADATA-FORM: %s is signed, in any role', (signed) => {
    for (const role of ['root', 'targets', 'targets/a', 'snapshot', 'timestamp']) {
      const bytes = Buffer.from(`{"signed":${signed},"signatures":[]}`);
      expect(checkOf(() => notary.parse(role, bytes))).toBe('METADATA-FORM');
    }
  });

  test.each(everyFile)('R8: nothing in $where is not understood', ({ role, bytes }) => {
    expect(notary.notUnderstood(notary.parse(role, bytes))).toEqual([]);
  });

  test('R8: what no stock tool writes is named wherever it stands, however it is spelled', () => {
    const note = { 'x/note': 1 };
    const targets = {
      ...{ _type: 'Targets', expires: '2030-01-01T00:00:00Z', version: 1, ...note },
      targets: {
        'a"~': { hashes: { sha256: '' }, length: 1, custom: note, ...note },
        b: { length: 1, hashes: {} },
      },
      delegations: {
        keys: { id: { keytype: 'ecdsa', keyval: { private: null, public: '', ...note }, ...note } },
        roles: [{ name: 'targets/a', keyids: [], threshold: 1, paths: [], ...note }],
        ...note,
      },
    };
    const file = notary.write(canonicalBytes(targets), [], {});
    expect([...notary.notUnderstood(notary.parse('targets', file))].sort()).toEqual([
      '/signed/delegations/keys/id/keyval/x~1note',
      '/signed/delegations/keys/id/x~1note',
      '/signed/delegations/roles/0/x~1note',
      '/signed/delegations/x~1note',
      '/signed/targets/a"~0/x~1note',
      '/signed/x~1note',
    ]);
    const listing = { _type: 'Snapshot', expires: targets.expires, version: 1, meta: {}, ...note };
    const snapshot = notary.parse('snapshot', notary.write(canonicalBytes(listing), [], {}));
    expect(notary.notUnderstood(snapshot)).toEqual(['/signed/x~1note']);
  });
});
