import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPem, readPemBlocks, writePem } from '../../src/encoding/pem.ts';
import { accepts, checkOf } from './hostile.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const pem = writePem('CERTIFICATE', Buffer.alloc(100, 7)).toString();

describe("R16 PEM in Go's exact form", () => {
  test('is read again, and is what OpenSSL writes', () => {
    fc.assert(
      fc.property(bytes, (der) => {
        const text = writePem('CERTIFICATE', der);
        expect([...readPem('CERTIFICATE', text)]).toEqual([...der]);
        for (const line of text.toString().split('\n').slice(1, -3)) expect(line).toHaveLength(64);
      }),
    );
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(writePem('PUBLIC KEY', spki).toString()).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
  });

  test('several blocks are read in order', () => {
    const two = Buffer.concat([
      writePem('CERTIFICATE', Uint8Array.of(1)),
      writePem('CERTIFICATE', Uint8Array.of(2)),
    ]);
    expect(readPemBlocks('CERTIFICATE', two).map((block) => [...block])).toEqual([[1], [2]]);
    expect(checkOf(() => readPem('CERTIFICATE', two))).toBe('ENCODING-PEM');
  });

  test.each([
    ['nothing', ''],
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    ['no final newline', pem.slice(0, -1)],
    ['an extra newline', `${pem}\n`],
    ['text before', `subject\n${pem}`],
    ['text after', `${pem}subject\n`],
    ['a header', pem.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n')],
    ['an empty line', pem.replace('-----\n', '-----\n\n')],
    [
      'other line lengths',
      pem.replace(/\n(.{64})\n/, (_, line: string) => `\n${line.slice(0, 32)}\n${line.slice(32)}\n`),
    ],
    ['one line', pem.replace(/([A-Za-z0-9+/=])\n(?!-)/g, '$1')],
    ['loose base64', pem.replace('BwcH', 'Bw cH')],
    ['another label', pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')],
    ['labels that differ', pem.replace('END CERTIFICATE', 'END PUBLIC KEY')],
    ['no content', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['an indented block', ` ${pem}`],
    ['a byte order mark', `\ufeff${pem}`],
  ])('ENCODING-PEM %s is refused', (_, text) => {
    expect(checkOf(() => readPem('CERTIFICATE', Buffer.from(text)))).toBe('ENCODING-PEM');
  });

  test('ENCODING-PEM changed bytes give the same block or a refusal', () => {
    const original = Buffer.from(pem);
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(original);
        changed[at] = value;
        if (accepts(() => readPem('CERTIFICATE', changed)))
          expect(writePem('CERTIFICATE', readPem('CERTIFICATE', changed)).equals(changed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
