import { gzipSync } from 'node:zlib';
import { blocks, container, goodBundle, paxHeader } from './archive-forms.mjs';

/** Bundles that are right but for the sequence of their entries and their end. */
export function archiveVectors(writer) {
  const { entries, good, third } = goodBundle(writer);
  const [manifest, seal, first, second] = entries;
  const padding = (name) => {
    const copy = Buffer.from(good);
    let end = 0;
    for (const [entry, content] of entries) {
      end += 512 + writer.padded(content).length;
      if (entry === name) break;
    }
    copy[end - 1] = 1;
    return copy;
  };
  const swapped = blocks(...[manifest, seal, second, first].map((at) => writer.entry(...at)), writer.end);
  // Stored, not compressed, so that the bytes do not depend on a library; the header fields that would are fixed.
  const gzipped = gzipSync(good, { level: 0 });
  gzipped[8] = 0;
  gzipped[9] = 255;
  const claim = (name, size) => writer.header(name, size);
  const size = (check, file, title, content) => container(check, 'B-01', `archive-${file}`, title, content);
  const end = (file, title, content) => container('BUNDLE-END', 'B-06', `end-${file}`, title, content);
  const limit = (file, title, content) => container('BUNDLE-LIMIT', 'B-07', `limit-${file}`, title, content);

  return [
    size('BUNDLE-SIZE', 'empty', 'no bytes at all', Buffer.alloc(0)),
    size('BUNDLE-SIZE', 'only-end', 'nothing but the two end blocks', writer.end),
    size('BUNDLE-SIZE', 'trailing-100', '100 bytes after the end', blocks(good, Buffer.alloc(100))),
    size('BUNDLE-SIZE', 'cut-in-header', 'cut in the middle of a header', good.subarray(0, third + 100)),
    size(
      'BUNDLE-SIZE',
      'gzip',
      'compressed',
      gzipped.length % 512 === 0 ? blocks(gzipped, Buffer.alloc(1)) : gzipped,
    ),
    container(
      'BUNDLE-FIRST',
      'B-02',
      'order-seal-first',
      'the seal before the manifest',
      writer.tar([seal, manifest, first, second]),
    ),
    container(
      'BUNDLE-FIRST',
      'B-02',
      'order-file-first',
      'a file before the manifest',
      writer.tar([first, manifest, seal, second]),
    ),
    container('BUNDLE-SEAL-ENTRY', 'B-02', 'order-no-seal', 'no seal', writer.tar([manifest, first, second])),
    container(
      'BUNDLE-SEAL-ENTRY',
      'B-02',
      'order-two-manifests',
      'a second manifest',
      writer.tar([manifest, ['manifest.json', Buffer.from('{}')], seal, first, second]),
    ),
    container(
      'BUNDLE-ENTRY',
      'B-02',
      'order-two-seals',
      'a second seal',
      writer.tar([manifest, seal, seal, first, second]),
    ),
    container('BUNDLE-ENTRY', 'B-02', 'order-swapped', 'two files in each other’s place', swapped),
    container(
      'BUNDLE-ENTRY',
      'B-02',
      'order-twice',
      'a file twice',
      writer.tar([manifest, seal, first, first, second]),
    ),
    container(
      'BUNDLE-ENTRY',
      'B-02',
      'order-missing',
      'the first file is missing',
      writer.tar([manifest, seal, second]),
    ),
    container(
      'BUNDLE-ENTRY',
      'B-02',
      'order-extra',
      'a file that the manifest does not list',
      writer.tar([manifest, seal, ['files/' + '0'.repeat(64), Buffer.from('x')], first, second]),
    ),
    container(
      'BUNDLE-ENTRY',
      'B-11',
      'content-longer',
      'a content that is longer than listed',
      writer.tar([manifest, seal, [first[0], blocks(first[1], Buffer.from('x'))], second]),
    ),
    container(
      'BUNDLE-CONTENT',
      'B-11',
      'content-changed',
      'a content with one bit changed',
      writer.tar([manifest, seal, [first[0], Buffer.from(first[1]).fill(first[1][0] ^ 1, 0, 1)], second]),
    ),
    container(
      'BUNDLE-CONTENT',
      'B-11',
      'content-exchanged',
      'the last content replaced by zeros',
      writer.tar([manifest, seal, first, [second[0], Buffer.alloc(second[1].length)]]),
    ),
    container(
      'BUNDLE-PADDING',
      'B-05',
      'padding-manifest',
      'a byte in the padding of the manifest',
      padding('manifest.json'),
    ),
    container(
      'BUNDLE-PADDING',
      'B-05',
      'padding-seal',
      'a byte in the padding of the seal',
      padding('manifest.sig'),
    ),
    container(
      'BUNDLE-PADDING',
      'B-05',
      'padding-file',
      'a byte in the padding of the last file',
      padding(second[0]),
    ),
    end('none', 'no end blocks', good.subarray(0, -1024)),
    end('one', 'one end block', good.subarray(0, -512)),
    end('three', 'three end blocks', blocks(good, Buffer.alloc(512))),
    end('only-zeros', 'nothing but zero blocks', Buffer.alloc(4096)),
    end(
      'pax',
      'a pax header after the last file',
      blocks(good.subarray(0, -1024), paxHeader(writer), writer.end),
    ),
    end(
      'record',
      'filled up to a record of 10 KiB',
      blocks(good, Buffer.alloc(10_240 - (good.length % 10_240))),
    ),
    end('not-zero', 'a byte in an end block', Buffer.from(good).fill(1, good.length - 1)),
    end('second-archive', 'a second bundle after the end', blocks(good, good)),
    end(
      'extra',
      'a file after the last that is listed',
      blocks(good.subarray(0, -1024), writer.entry('files/' + 'f'.repeat(64), Buffer.from('x')), writer.end),
    ),
    end(
      'after-zero-block',
      'a file after one zero block',
      blocks(good.subarray(0, -512), writer.entry('files/' + 'f'.repeat(64), Buffer.from('x')), writer.end),
    ),
    end(
      'zero-block-between',
      'a zero block between two entries',
      blocks(good.subarray(0, third), Buffer.alloc(512), good.subarray(third)),
    ),
    end('last-missing', 'the last file is missing', writer.tar([manifest, seal, first])),
    end('cut-between', 'cut between two entries', good.subarray(0, third)),
    end(
      'cut-content',
      'the manifest’s header claims more than the file holds',
      blocks(claim('manifest.json', 1 << 20), good.subarray(512)),
    ),
    limit(
      'manifest',
      'a manifest of more than 16 MiB',
      blocks(claim('manifest.json', (1 << 24) + 1), good.subarray(512)),
    ),
    limit(
      'seal',
      'a seal of more than 64 KiB',
      blocks(
        writer.entry(...manifest),
        claim('manifest.sig', (1 << 16) + 1),
        writer.padded(seal[1]),
        good.subarray(third),
      ),
    ),
  ];
}
