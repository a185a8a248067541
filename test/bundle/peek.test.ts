import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { encodeHeader } from '../../src/bundle/archive.ts';
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
    ['BUNDLE-FIRST', Buffer.concat([bytes.subarray(bytes.indexOf('manifest.sig')), Buffer.alloc(1024)])],
    ['BUNDLE-END', claiming(1024 * 1024)],
    ['BUNDLE-LIMIT', claiming(17 * 1024 * 1024)],
  ])('%s is refused', async (check, file) => {
    expect(await refusalOf(() => bundleDigest(memorySource(file)))).toBe(check);
    expect(await refusalOf(() => kindOfFile(memorySource(file)))).toBe(check);
  });

  test('BUNDLE-KIND BUNDLE-MANIFEST a manifest of no kind, or that is not JSON', async () => {
    const unknown = memorySource(changed('"kind":"response"', '"kind":"reply"   '));
    expect(await refusalOf(() => kindOfFile(unknown))).toBe('BUNDLE-KIND');
    const broken = memorySource(changed('"kind":"response"', '"kind":"response '));
    expect(await refusalOf(() => kindOfFile(broken))).toBe('BUNDLE-MANIFEST');
  });
});

test('asking for a digest loads no validator and no curve', async () => {
  const entry = fileURLToPath(new URL('../../src/bundle/peek.ts', import.meta.url));
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    write: false,
    metafile: true,
  });
  const loaded = Object.keys(metafile.inputs);
  expect(loaded.filter((file) => !/^src\/(bundle|encoding|errors)/.test(file))).toEqual([]);
  expect(loaded.length).toBeLessThan(8);
});

/** The bundle with a header that claims a manifest of another size. */
function claiming(size: number): Buffer {
  return Buffer.concat([encodeHeader('manifest.json', size), bytes.subarray(512)]);
}
