import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBundle } from '../../src/bundle/bundle.ts';
import {
  decodeSeal,
  encodeSeal,
  preAuthentication,
  verifySeal,
  type SealedKind,
} from '../../src/bundle/seal.ts';
import { memorySource } from '../../src/bundle/source.ts';
import { refused } from '../../src/errors.ts';
import { IDENTITY, KINDS, RAW_KEY, refusalOf, seal, writeResponse } from './samples.ts';

const KIND_NAMES: readonly SealedKind[] = [...KINDS, 'card', 'ledger', 'transcript'];
const bytes = Buffer.concat([...writeResponse([Buffer.from('content')]).chunks]);

describe('B-21 the pre-authentication encoding', () => {
  test('is that of DSSE v1', () => {
    const type = 'application/vnd.countersign.request.v1+json';
    expect(preAuthentication('request', Buffer.from('{}')).toString()).toBe(
      `DSSEv1 ${String(type.length)} ${type} 2 {}`,
    );
  });

  test('no two kinds and bodies share one', () => {
    const input = fc.record({ kind: fc.constantFrom(...KIND_NAMES), body: fc.uint8Array() });
    fc.assert(
      fc.property(input, input, (a, b) => {
        const same = a.kind === b.kind && Buffer.compare(a.body, b.body) === 0;
        const encoded = [a, b].map(({ kind, body }) => preAuthentication(kind, body).toString('hex'));
        expect(encoded[0] === encoded[1]).toBe(same);
      }),
    );
  });
});

describe('seals', () => {
  test('B-22 a seal verifies under its own kind and under no other', async () => {
    const body = Buffer.from('body');
    for (const kind of KIND_NAMES)
      for (const other of KIND_NAMES) {
        const signature = seal(preAuthentication(kind, body));
        const verified = verifySeal(other, body, { publicKey: RAW_KEY, signature });
        if (kind === other) await verified;
        else expect(await refusalOf(() => verified)).toBe('SEAL-SIGNATURE');
      }
  });

  test('B-20 what is decoded is what was encoded, and only in that spelling', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (publicKey, signature, at, change) => {
          const encoded = encodeSeal({ publicKey, signature });
          const decoded = decodeSeal(encoded);
          expect([...decoded.publicKey, ...decoded.signature]).toEqual([...publicKey, ...signature]);
          // One byte changed: another seal in the same form, or none.
          const place = at % encoded.length;
          encoded[place] = (encoded[place] ?? 0) ^ change;
          try {
            expect(encodeSeal(decodeSeal(encoded)).equals(encoded)).toBe(true);
          } catch {
            expect(await refusalOf(() => decodeSeal(encoded))).toBe('SEAL-FORM');
          }
        },
      ),
    );
  });

  test('B-24 B-23 a signature that the loose rules accept under the identity is refused', async () => {
    const publicKey = Buffer.alloc(32);
    publicKey[0] = 1;
    const signature = Buffer.concat([publicKey, Buffer.alloc(32)]);
    const body = Buffer.from('any message at all');
    expect(ed25519.verify(signature, preAuthentication('request', body), publicKey, { zip215: true })).toBe(
      true,
    );
    expect(await refusalOf(() => verifySeal('request', body, { publicKey, signature }))).toBe('SEAL-KEY');
  });
});

describe('B-25 whose seal it is', () => {
  test('the reader is asked with the identity and the raw key, and its refusal is the answer', async () => {
    const asked: string[] = [];
    const open = openBundle(memorySource(bytes), {
      kinds: ['response'],
      trust(identity, publicKey) {
        asked.push(identity);
        expect(Buffer.compare(publicKey, RAW_KEY)).toBe(0);
        throw refused('SEAL-STRANGER', 'not a partner');
      },
    });
    expect(await refusalOf(() => open)).toBe('SEAL-STRANGER');
    expect(asked).toEqual([IDENTITY]);
  });

  test('the bundle says who sealed it', async () => {
    const bundle = await openBundle(memorySource(bytes), { kinds: KINDS, trust: () => undefined });
    expect([bundle.sealedBy, bundle.manifest.from.key]).toEqual([IDENTITY, IDENTITY]);
  });
});
