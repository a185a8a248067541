import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import type { Json, JsonObject } from '../../src/encoding/json.ts';
import { CountersignError } from '../../src/errors.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { EXPIRES, rootOf, signedBy, targetsOf, testKey } from './documents.ts';

const key = testKey('ed25519');
const targets = targetsOf(['a']);

function file(signed: Json, more: JsonObject = {}): Buffer {
  return Buffer.from(JSON.stringify({ signatures: [], signed, ...more }));
}

function checkOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CountersignError) return error.check;
    throw error;
  }
  return 'done';
}

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((n) => (Object.is(n, -0) ? 0 : n)),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((list) => Object.fromEntries(list)),
  ),
})).value;

describe('write and parse', () => {
  test('any text in any member: the file is JSON, has one form, and gives back the payload', () => {
    fc.assert(
      fc.property(json, json, text, (inside, outside, name) => {
        const signed = { ...targets, ['x-' + name]: inside };
        const payload = canonicalBytes(signed);
        const written = tuf.write(payload, [], { ['x-' + name]: outside });
        expect(JSON.parse(Buffer.from(written).toString())).toEqual({
          signatures: [],
          signed: JSON.parse(JSON.stringify(signed)) as unknown,
          ['x-' + name]: JSON.parse(JSON.stringify(outside)) as unknown,
        });
        const document = tuf.parse('targets', written);
        expect(payload.equals(document.payload)).toBe(true);
        expect(tuf.write(document.payload, document.signatures, document.outside)).toEqual(written);
        const spaced = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(written).toString()), null, 2));
        expect(payload.equals(tuf.parse('targets', spaced).payload)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('R5 whatever bytes come, the answer is a document or a refusal', () => {
    const whole = signedBy('root', rootOf([key]), [key]).file;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 6 }), fc.nat(4), (at, put, cut) => {
        const bytes = Buffer.concat([whole.slice(0, at), put, whole.slice(at + cut)]);
        const check = checkOf(() => tuf.parse('root', bytes));
        expect(check).toMatch(/^(?:done|METADATA-FORM|METADATA-KEY|ENCODING-TIME|ENCODING-UTF8)$/);
      }),
      { numRuns: 500 },
    );
  });

  test('R5 whatever JSON stands in a member, the answer is a document or a refusal', () => {
    const whole = rootOf([key]);
    const parent = tuf.withDelegations(targets, []);
    const members = [...Object.keys(whole), 'meta', 'targets', 'delegations'];
    fc.assert(
      fc.property(fc.constantFrom(...members), json, (member, value) => {
        for (const [role, signed] of [
          ['root', whole],
          ['targets', parent],
          ['timestamp', { ...targets, _type: 'timestamp', meta: {} }],
        ] as const)
          expect(checkOf(() => tuf.parse(role, file({ ...signed, [member]: value })))).toMatch(
            /^(?:done|METADATA-FORM|METADATA-KEY|ENCODING-TIME)$/,
          );
      }),
      { numRuns: 300 },
    );
  });
});

describe('METADATA-FORM', () => {
  test.each<[string, Json]>([
    ['another type', { ...targets, _type: 'Targets' }],
    ['no type', { ...targets, _type: null }],
    ['a specification of another age', { ...targets, spec_version: '2.0' }],
    ['a specification that is a number', { ...targets, spec_version: 1 }],
    ['version 0', { ...targets, version: 0 }],
    ['a version that no store holds', { ...targets, version: 2 ** 31 }],
    ['no expiry', { ...targets, expires: null }],
    ['no targets', { ...targets, targets: null }],
    ['a target without length', { ...targets, targets: { a: { hashes: { sha256: 'ab'.repeat(32) } } } }],
    [
      'a target of negative length',
      { ...targets, targets: { a: { length: -1, hashes: { sha256: 'ab'.repeat(32) } } } },
    ],
    ['a target without hashes', { ...targets, targets: { a: { length: 1, hashes: {} } } }],
    ['a short hash', { ...targets, targets: { a: { length: 1, hashes: { sha256: 'ab' } } } }],
    ['a hash in base64', { ...targets, targets: { a: { length: 1, hashes: { x: 'q6s=' } } } }],
    ['a list', []],
    ['null', null],
    ['a number', 1],
    ['a text', 'x'],
  ])('%s', (_, signed) => {
    expect(checkOf(() => tuf.parse('targets', file(signed)))).toBe('METADATA-FORM');
  });

  test.each<[string, string]>([
    ['a member twice', '{"signatures":[],"signatures":[],"signed":{}}'],
    ['something behind it', `${file(targets).toString()} x`],
    ['a float', file(targets).toString().replace('"version":1', '"version":1.0')],
    ['no signatures', JSON.stringify({ signed: targets })],
    ['an array', '[]'],
    ['nothing', ''],
  ])('%s', (_, bytes) => {
    expect(checkOf(() => tuf.parse('targets', Buffer.from(bytes)))).toBe('METADATA-FORM');
  });

  test.each<[string, Json]>([
    ['without a key ID', { sig: 'ab' }],
    ['with an empty key ID', { keyid: '', sig: 'ab' }],
    ['with a key ID of control characters', { keyid: 'a\n', sig: 'ab' }],
    ['that is not hex', { keyid: 'a', sig: 'q6s=' }],
    ['of half a byte', { keyid: 'a', sig: 'a' }],
    ['that is no object', 'a'],
  ])('a signature %s', (_, signature) => {
    expect(checkOf(() => tuf.parse('targets', file(targets, { signatures: [signature] })))).toBe(
      'METADATA-FORM',
    );
  });

  test('two signatures under one key ID, as other clients refuse them', () => {
    const signatures = ['aa', 'bb'].map((sig) => ({ keyid: 'a', sig }));
    expect(checkOf(() => tuf.parse('targets', file(targets, { signatures })))).toBe('METADATA-FORM');
  });
});

describe('what is read as others wrote it', () => {
  test('key IDs of any text, hex in upper case, placeholders left out', () => {
    const signatures = [
      { keyid: 'old "key" \u{1f511}', sig: 'AB' },
      { keyid: 'open', sig: '' },
    ];
    const document = tuf.parse('targets', file(targets, { signatures }));
    expect(document.signatures).toEqual([
      { keyid: 'old "key" \u{1f511}', method: '', value: Buffer.from([0xab]) },
    ]);
    const again = tuf.parse('targets', tuf.write(document.payload, document.signatures, {}));
    expect(again.signatures).toEqual(document.signatures);
  });

  test.each([
    [EXPIRES, EXPIRES],
    ['2030-01-01T00:00:00.000Z', EXPIRES],
    ['2030-01-01T00:00:00.120Z', '2030-01-01T00:00:00.12Z'],
    ['2030-01-01T02:00:00+02:00', EXPIRES],
    ['2030-01-01T00:00:00.500000+00:00', '2030-01-01T00:00:00.5Z'],
  ])('expiry %s', (expires, same) => {
    expect(tuf.parse('targets', file({ ...targets, expires })).expires).toBe(Date.parse(same));
  });

  test.each(['2030-01-01', '2030-02-30T00:00:00Z', '2030-01-01T00:00:00', '2030-01-01 00:00:00Z', '.0Z'])(
    'ENCODING-TIME expiry %s',
    (expires) => {
      expect(checkOf(() => tuf.parse('targets', file({ ...targets, expires })))).toBe('ENCODING-TIME');
    },
  );

  test.each(['1.0', '1.0.0', '1.0.33', '1.1'])('specification %s', (spec_version) => {
    expect(tuf.parse('targets', file({ ...targets, spec_version })).version).toBe(1);
  });

  test('a large file is read once, and its bytes are kept as they came', () => {
    const names = Array.from({ length: 12_000 }, (_, at) => `${String(at)}-${'x'.repeat(30)}`);
    const large = signedBy('targets', targetsOf(names), [key]);
    const copy = Buffer.from(large.file);
    expect(tuf.parse('targets', copy) === large).toBe(true);
    expect(tuf.parse('bins', copy) === large).toBe(false);
    const other = Buffer.from(copy.toString().replace('"version":1', '"version":2'));
    expect(tuf.parse('targets', other).version).toBe(2);
  });
});
