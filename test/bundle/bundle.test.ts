import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBundle, writeBundle } from '../../src/bundle/bundle.ts';
import { LIMITS } from '../../src/bundle/limits.ts';
import { memorySource, type ByteSource } from '../../src/bundle/source.ts';
import { sha256Hex } from '../../src/encoding/hash.ts';
import { digestWords, wordsToBytes } from '../../src/encoding/words.ts';
import { byDigest, KINDS, RAW_KEY, refusalOf, responseOver, seal, writeResponse } from './samples.ts';

const bytesOf = (contents: readonly Uint8Array[]): Buffer =>
  Buffer.concat([...writeResponse(contents).chunks]);
const contents = fc.uniqueArray(fc.uint8Array({ maxLength: 1600 }), { maxLength: 8, selector: sha256Hex });

/** A source that notes what was read of it. */
function noting(bytes: Uint8Array): ByteSource & { readonly reads: [number, number][] } {
  const source = memorySource(bytes);
  const reads: [number, number][] = [];
  return {
    size: source.size,
    reads,
    read(offset, length) {
      reads.push([offset, length]);
      return source.read(offset, length);
    },
  };
}

describe('R4 one canonical file', () => {
  test('what is written is read back, whatever the contents', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (files) => {
        const written = writeResponse(files);
        const bytes = Buffer.concat([...written.chunks]);
        expect(bytes.length).toBe(written.size);
        const bundle = await openBundle(memorySource(bytes), { kinds: ['response'] });
        expect(bundle.digest).toBe(written.digest);
        expect(bundle.digest).toBe(sha256Hex(bundle.manifestBytes));
        for (const content of files)
          expect(Buffer.compare(bundle.read(`files/${sha256Hex(content)}`), content)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('B-09 the same manifest and contents give the same bytes, in whatever order they were added', () => {
    fc.assert(
      fc.property(contents, (files) => {
        const make = (list: readonly Uint8Array[]): Buffer => {
          const written = writeBundle({
            kind: 'response',
            manifest: responseOver(files),
            contents: byDigest(list),
            publicKey: RAW_KEY,
            seal,
          });
          return Buffer.concat([...written.chunks]);
        };
        expect(make(files).equals(make([...files].reverse()))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('BUNDLE-CONTENT the writer refuses a content under another’s name, and what a reader would refuse', async () => {
    const [one, two] = [Buffer.from('one'), Buffer.from('two')];
    const write = (manifest: object, files: ReadonlyMap<string, Uint8Array>): Promise<string> =>
      refusalOf(() => writeBundle({ kind: 'response', manifest, contents: files, publicKey: RAW_KEY, seal }));
    expect(await write(responseOver([one]), new Map([[sha256Hex(one), two]]))).toBe('BUNDLE-CONTENT');
    expect(await write(responseOver([one]), byDigest([]))).toBe('BUNDLE-REFERENCE');
    expect(await write(responseOver([]), byDigest([one]))).toBe('BUNDLE-UNREFERENCED');
    expect(await write({ ...responseOver([]), created: '2026-02-30T00:00:00Z' }, byDigest([]))).toBe(
      'BUNDLE-TIME',
    );
    expect(await write({ ...responseOver([]), extra: 1 }, byDigest([]))).toBe('RESPONSE-SCHEMA');
  });
});

describe('R5 B-10 the order of reading', () => {
  const bytes = bytesOf([Buffer.from('a'), Buffer.from('b')]);

  test('the seal is verified before a byte of the manifest is parsed', async () => {
    const broken = Buffer.from(bytes);
    broken.write('not json', 512);
    expect(await refusalOf(() => openBundle(memorySource(broken), { kinds: KINDS }))).toBe('SEAL-SIGNATURE');
  });

  test('a stranger’s bundle is not read beyond its seal', async () => {
    const source = noting(bytes);
    const trust = (): never => {
      throw new Error('stranger');
    };
    await expect(openBundle(source, { kinds: KINDS, trust })).rejects.toThrow('stranger');
    const sealAt = bytes.indexOf('manifest.sig');
    expect(Math.max(...source.reads.map(([offset, length]) => offset + length))).toBe(sealAt + 1024);
  });

  test('large contents are read in pieces of at most 1 MiB', async () => {
    const source = noting(bytesOf([Buffer.alloc(3 * 1024 * 1024 + 17, 7)]));
    await openBundle(source, { kinds: KINDS });
    expect(Math.max(...source.reads.map(([, length]) => length))).toBe(1024 * 1024);
  });

  test('R2 a content that changes after the bundle was opened is refused when it is read', async () => {
    const content = Buffer.from('one content');
    const copy = bytesOf([content]);
    const bundle = await openBundle(memorySource(copy), { kinds: KINDS });
    copy.write('two', copy.indexOf(content));
    expect(await refusalOf(() => bundle.read(`files/${sha256Hex(content)}`))).toBe('BUNDLE-CONTENT');
  });

  test('BUNDLE-REFERENCE an entry that the bundle does not hold is not read', async () => {
    const bundle = await openBundle(memorySource(bytes), { kinds: KINDS });
    expect(await refusalOf(() => bundle.read(`files/${'0'.repeat(64)}`))).toBe('BUNDLE-REFERENCE');
    expect(await refusalOf(() => bundle.read('manifest.sig'))).toBe('BUNDLE-REFERENCE');
  });
});

describe('B-07 limits', () => {
  const bytes = bytesOf([Buffer.alloc(2000, 'x')]);

  test.each([
    ['manifest', { manifest: 100 }],
    ['seal', { seal: 100 }],
    ['entry', { entry: 1999 }],
    ['entries', { entries: 2 }],
    ['total', { total: bytes.length - 1 }],
  ])('BUNDLE-LIMIT a lower limit on %s is kept', async (_, lower) => {
    const open = openBundle(memorySource(bytes), { kinds: KINDS, limits: { ...LIMITS, ...lower } });
    expect(await refusalOf(() => open)).toBe('BUNDLE-LIMIT');
  });

  test('at the limit a bundle is read', async () => {
    const limits = { ...LIMITS, entry: 2000, entries: 3, total: bytes.length };
    await expect(openBundle(memorySource(bytes), { kinds: KINDS, limits })).resolves.toMatchObject({
      kind: 'response',
    });
  });

  test('a bundle of 10,000 files is opened', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => Buffer.from(String(at)));
    const opened = await openBundle(memorySource(bytesOf(many)), { kinds: ['response'] });
    expect(opened.kind).toBe('response');
  });
});

describe('B-40 the digest', () => {
  test('is that of the manifest’s bytes, does not depend on the seal, and is said in 32 words', async () => {
    const bytes = bytesOf([Buffer.from('x')]);
    const { digest, manifestBytes } = await openBundle(memorySource(bytes), { kinds: KINDS });
    expect(digest).toBe(sha256Hex(manifestBytes));
    expect(digestWords(digest)).toHaveLength(32);
    expect(wordsToBytes(digestWords(digest)).toString('hex')).toBe(digest);
  });
});
