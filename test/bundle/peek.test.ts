import { describe, expect, test } from 'vitest';
import { bundleDigest, kindOfFile } from '../../src/bundle/peek.ts';
import { memorySource } from '../../src/bundle/source.ts';
import { refusalOf, writeResponse } from './samples.ts';

const written = writeResponse([Buffer.from('content')]);
const bytes = Buffer.concat([...written.chunks]);

/** The bundle with some text of its manifest replaced by as much. */
function changed(from: string, to: string): Buffer {
  expect(to.length).toBe(from.length);
  const copy = Buffer.from(bytes);
  copy.write(to, copy.indexOf(from));
  return copy;
}

describe('bundle digest', () => {
  test('B-40 the digest and the kind come from the manifest; contents are not read', () => {
    const damaged = Buffer.from(bytes).fill(0xff, bytes.indexOf('content', bytes.length - 2048));
    for (const file of [bytes, damaged]) {
      expect(bundleDigest(memorySource(file))).toBe(written.digest);
      expect(kindOfFile(memorySource(file))).toBe('response');
    }
  });

  test('a card begins with a brace', () => {
    expect(kindOfFile(memorySource(Buffer.from('{"card":{}}')))).toBe('card');
  });

  test.each([
    ['BUNDLE-SIZE', Buffer.alloc(0)],
    ['BUNDLE-SIZE', Buffer.from('hello')],
    ['BUNDLE-HEADER', Buffer.alloc(4096, 'x')],
    ['BUNDLE-END', Buffer.concat([bytes.subarray(0, 512), Buffer.alloc(0)]).subarray(0, 512)],
  ])('%s is refused', async (check, file) => {
    const whole = check === 'BUNDLE-END' ? hugeManifest() : file;
    expect(await refusalOf(() => bundleDigest(memorySource(whole)))).toBe(check);
    expect(await refusalOf(() => kindOfFile(memorySource(whole)))).toBe(check);
  });

  test('BUNDLE-KIND BUNDLE-MANIFEST a manifest of no kind, or that is not JSON', async () => {
    const unknown = memorySource(changed('"kind":"response"', '"kind":"reply"   '));
    expect(await refusalOf(() => kindOfFile(unknown))).toBe('BUNDLE-KIND');
    const broken = memorySource(changed('"kind":"response"', '"kind":"response '));
    expect(await refusalOf(() => kindOfFile(broken))).toBe('BUNDLE-MANIFEST');
  });
});

/** A bundle whose manifest's header claims a MiB that the file does not have. */
function hugeManifest(): Buffer {
  const copy = Buffer.from(bytes);
  copy.write('00004000000', 124);
  copy.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of copy.subarray(0, 512)) sum += byte;
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return copy;
}
