import { gzipSync } from 'node:zlib';
import { blocks, container, goodBundle, paxHeader, shortAnswer } from './archive-forms.mjs';
import { withChecksum } from './writer.mjs';

/** Bundles that are right but for a header. */
export function headerVectors(writer) {
  const { entries, good, third } = goodBundle(writer, shortAnswer);
  const [, , first] = entries;
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
  const inserted = (type, content) =>
    blocks(good.subarray(0, third), paxHeader(writer, type, content), good.subarray(third));
  const pax = (key, value) => {
    const body = ` ${key}=${value}\n`;
    return Buffer.from(`${String(body.length + 2)}${body}`);
  };
  const named = (name) =>
    header((at) => {
      at.fill(0, 0, 100);
      at.write(name, 0, 'latin1');
    });
  // Stored, not compressed, so that the bytes do not depend on a library; the header fields that would are fixed.
  const gzipped = gzipSync(good, { level: 0 });
  gzipped[8] = 0;
  gzipped[9] = 255;
  const head = (file, title, content) => container('BUNDLE-HEADER', 'B-04', `header-${file}`, title, content);
  const kind = (file, title, content) => container('BUNDLE-HEADER', 'B-08', `type-${file}`, title, content);
  const name = (file, title, content) => container('BUNDLE-HEADER', 'B-03', `name-${file}`, title, content);

  return [
    head(
      'gzip',
      'compressed, and filled up to whole blocks',
      blocks(gzipped, Buffer.alloc(1024 - (gzipped.length % 512))),
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
    kind('pax-nul', 'a pax path that goes on after a NUL', inserted('x', pax('path', 'files/a\0b'))),
    kind('pax-length', 'a pax record with a wrong length', inserted('x', Buffer.from('99 path=evil\n'))),
    kind(
      'pax-twice',
      'two pax headers that contradict each other',
      blocks(
        good.subarray(0, third),
        paxHeader(writer, 'x', pax('path', 'outer')),
        paxHeader(writer, 'x', pax('path', 'inner')),
        good.subarray(third),
      ),
    ),
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
  ];
}
