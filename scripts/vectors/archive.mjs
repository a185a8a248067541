import { gzipSync } from 'node:zlib';
import { answered, contents, response, VAULT } from './material.mjs';
import { withChecksum } from './writer.mjs';

const KIND = 'response';

/** Bundles that are right but for their container. */
export function archiveVectors(writer) {
  const { files, add } = contents();
  const bytes = writer.manifestBytes(response([answered(add)]), files);
  const entries = writer.entriesOf({ kind: KIND, bytes, files, key: VAULT });
  const [manifest, seal, first, second] = entries;
  const good = writer.tar(entries);
  const [third] = [writer.tar([manifest, seal]).length - 1024];
  const blocks = (...parts) => Buffer.concat(parts);
  const of = (check, rule, file, title, content) => ({
    file,
    bytes: content,
    rule,
    title,
    expect: { check },
  });

  /** The good bundle with the header of its first file changed. */
  const header = (change, checksum = true) => {
    const copy = Buffer.from(good);
    const at = copy.subarray(third, third + 512);
    change(at);
    if (checksum) withChecksum(at);
    return copy;
  };
  const put = (text, offset, checksum = true) => header((at) => at.write(text, offset, 'latin1'), checksum);
  /** The good bundle with an entry of another kind before its first file. */
  const inserted = (type, content, change = () => undefined) => {
    const extra = writer.header('files/' + '0'.repeat(64), content.length);
    extra.fill(0, 0, 100);
    extra.write('pax', 0);
    extra.write(type, 156);
    change(extra);
    return blocks(good.subarray(0, third), withChecksum(extra), writer.padded(content), good.subarray(third));
  };
  const pax = (key, value) => {
    const body = ` ${key}=${value}\n`;
    return Buffer.from(`${String(body.length + 2)}${body}`);
  };
  const named = (name) =>
    header((at) => {
      at.fill(0, 0, 100);
      at.write(name, 0, 'latin1');
    });
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
  const gzipped = gzipSync(good, { level: 9 });
  // The operating system byte is the only one that depends on where this runs.
  gzipped[9] = 255;
  const claim = (name, size) => writer.header(name, size);
  const size = (check, file, title, content) => of(check, 'B-01', `archive-${file}`, title, content);
  const head = (file, title, content) => of('BUNDLE-HEADER', 'B-04', `header-${file}`, title, content);
  const kind = (file, title, content) => of('BUNDLE-HEADER', 'B-08', `type-${file}`, title, content);
  const name = (file, title, content) => of('BUNDLE-HEADER', 'B-03', `name-${file}`, title, content);
  const end = (file, title, content) => of('BUNDLE-END', 'B-06', `end-${file}`, title, content);
  const limit = (file, title, content) => of('BUNDLE-LIMIT', 'B-07', `limit-${file}`, title, content);

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
    head(
      'gzip',
      'compressed, and filled up to whole blocks',
      blocks(gzipped, Buffer.alloc(4096 - (gzipped.length % 512))),
    ),
    name('parent', 'a name that leaves the folder', named('../etc/passwd')),
    name('absolute', 'an absolute name', named('/etc/passwd')),
    name('dot', 'a name that begins with ./', named(`./${first[0]}`)),
    name('backslash', 'a name with backslashes', named('files\\..\\x')),
    name('empty', 'no name', named('')),
    name('upper-case', 'a name in upper case', named(first[0].toUpperCase())),
    name('slash', 'a name that ends in a slash', named(`${first[0]}/`)),
    name('nul', 'a name that goes on after a NUL', put('x', 90)),
    name('bidi', 'a name with a right-to-left override', named('files/\u00e2\u0080\u00aegpj.exe')),
    name('invalid-utf8', 'a name that is not UTF-8', named('files/\u00ff')),
    name('full', 'a name that fills its field, without a NUL', named('f'.repeat(100))),
    ...[
      ['1', 'hard-link', 'a hard link'],
      ['2', 'symbolic-link', 'a symbolic link'],
      ['3', 'character-device', 'a character device'],
      ['4', 'block-device', 'a block device'],
      ['5', 'folder', 'a folder that has a size'],
      ['6', 'fifo', 'a FIFO'],
      ['7', 'contiguous', 'a contiguous file'],
      ['\0', 'nul', 'an old regular file'],
      ['Q', 'unknown', 'an unknown type'],
      ['X', 'solaris', 'a Solaris extended header'],
      ['V', 'volume', 'a GNU volume header'],
    ].map(([type, file, title]) => kind(file, title, put(type, 156))),
    kind('pax-path', 'a pax header that renames the next entry', inserted('x', pax('path', 'evil'))),
    kind('pax-size', 'a pax header with another size for the next entry', inserted('x', pax('size', '1024'))),
    kind(
      'pax-empty',
      'a pax header without records, which makes some readers lose their place',
      inserted('x', Buffer.alloc(0)),
    ),
    kind('pax-global', 'a global pax header', inserted('g', pax('path', 'evil'))),
    kind('pax-negative', 'a pax header with a negative size', inserted('x', pax('size', '-1'))),
    kind('gnu-long-name', 'a GNU long name', inserted('L', Buffer.from('files/long\0'))),
    kind('gnu-long-link', 'a GNU long link name', inserted('K', Buffer.from('files/long\0'))),
    kind('gnu-sparse', 'a GNU sparse file', put('S', 156)),
    kind('link-name', 'a regular file with a link name', put('target', 157)),
    head(
      'size-base256',
      'a size in base 256',
      header((at) => {
        at.fill(0, 124, 136);
        at[124] = 0x80;
        at[135] = 4;
      }),
    ),
    head(
      'size-base256-negative',
      'a negative size in base 256',
      header((at) => at.fill(0xff, 124, 136)),
    ),
    head(
      'size-c0',
      'a size field that begins with 0xC0',
      header((at) => {
        at[124] = 0xc0;
      }),
    ),
    head('size-letter', 'a size with a letter in it', put('0000000004x\0', 124)),
    head('size-minus', 'a size with a sign', put('-0000000004\0', 124)),
    head('size-nine', 'a size with a 9 in it', put('00000000009\0', 124)),
    head('size-spaces', 'a size that is filled up with spaces', put('          4\0', 124)),
    head('size-twelve', 'a size of twelve digits, without a NUL', put('000000000004', 124)),
    head(
      'other-layout',
      'the layout of another common writer: a space before each NUL',
      header((at) => {
        at.write('000644 \0', 100);
        at.write('000000 \0', 108);
        at.write('000000 \0', 116);
      }),
    ),
    head('set-user-id', 'a file that would run as its owner', put('0004755\0', 100)),
    head('owner', 'an owner', put('0001750\0', 108)),
    head('owner-name', 'the name of an owner', put('root', 265)),
    head('group-name', 'the name of a group', put('wheel', 297)),
    head('time', 'a time of modification', put('14757475600\0', 136)),
    head('magic-gnu', 'the magic of GNU tar', put('ustar  \0', 257)),
    head(
      'magic-none',
      'no magic',
      header((at) => at.fill(0, 257, 265)),
    ),
    head(
      'device',
      'device numbers left empty',
      header((at) => at.fill(0, 329, 345)),
    ),
    head('prefix', 'a prefix', put('files', 345)),
    head('rest', 'a byte after the last field', put('x', 511)),
    head(
      'checksum',
      'a checksum that is one too high',
      header((at) => {
        at[154] = at[154] === 0x37 ? 0x30 : at[154] + 1;
        at[153] ^= 1;
      }, false),
    ),
    head(
      'checksum-layout',
      'the checksum in seven digits',
      header((at) => {
        at.write(`0${at.toString('latin1', 148, 154)}\0`, 148, 'latin1');
      }, false),
    ),
    of(
      'BUNDLE-FIRST',
      'B-02',
      'order-seal-first',
      'the seal before the manifest',
      writer.tar([seal, manifest, first, second]),
    ),
    of(
      'BUNDLE-FIRST',
      'B-02',
      'order-file-first',
      'a file before the manifest',
      writer.tar([first, manifest, seal, second]),
    ),
    of('BUNDLE-SEAL-ENTRY', 'B-02', 'order-no-seal', 'no seal', writer.tar([manifest, first, second])),
    of(
      'BUNDLE-SEAL-ENTRY',
      'B-02',
      'order-two-manifests',
      'a second manifest',
      writer.tar([manifest, ['manifest.json', Buffer.from('{}')], seal, first, second]),
    ),
    of('BUNDLE-ENTRY', 'B-02', 'order-swapped', 'two files in each other’s place', swapped),
    of(
      'BUNDLE-ENTRY',
      'B-02',
      'order-twice',
      'a file twice',
      writer.tar([manifest, seal, first, first, second]),
    ),
    of(
      'BUNDLE-ENTRY',
      'B-02',
      'order-missing',
      'the first file is missing',
      writer.tar([manifest, seal, second]),
    ),
    of(
      'BUNDLE-ENTRY',
      'B-02',
      'order-extra',
      'a file that the manifest does not list',
      writer.tar([manifest, seal, ['files/' + '0'.repeat(64), Buffer.from('x')], first, second]),
    ),
    of(
      'BUNDLE-ENTRY',
      'B-11',
      'content-longer',
      'a content that is longer than listed',
      writer.tar([manifest, seal, [first[0], blocks(first[1], Buffer.from('x'))], second]),
    ),
    of(
      'BUNDLE-CONTENT',
      'B-11',
      'content-changed',
      'a content with one bit changed',
      writer.tar([manifest, seal, [first[0], Buffer.from(first[1]).fill(first[1][0] ^ 1, 0, 1)], second]),
    ),
    of(
      'BUNDLE-CONTENT',
      'B-11',
      'content-exchanged',
      'the last content replaced by zeros',
      writer.tar([manifest, seal, first, [second[0], Buffer.alloc(second[1].length)]]),
    ),
    of(
      'BUNDLE-PADDING',
      'B-05',
      'padding-manifest',
      'a byte in the padding of the manifest',
      padding('manifest.json'),
    ),
    of(
      'BUNDLE-PADDING',
      'B-05',
      'padding-seal',
      'a byte in the padding of the seal',
      padding('manifest.sig'),
    ),
    of(
      'BUNDLE-PADDING',
      'B-05',
      'padding-file',
      'a byte in the padding of the last file',
      padding(second[0]),
    ),
    end('none', 'no end blocks', good.subarray(0, -1024)),
    end('one', 'one end block', good.subarray(0, -512)),
    end('three', 'three end blocks', blocks(good, Buffer.alloc(512))),
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
