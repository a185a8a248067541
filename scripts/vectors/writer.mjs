import { sha256 } from './material.mjs';

/**
 * A writer that does what it is told: each part of a bundle can be replaced before the next is made from it, so
 * that a hostile bundle is right in everything but the one thing that it is there for.
 *
 * @param lib the program's own encoders (scripts/generate-vectors.mjs)
 */
export function writerOf(lib) {
  const header = (name, size) => lib.encodeHeader(name, size);
  const entry = (name, content) => Buffer.concat([header(name, content.length), padded(content)]);
  const end = Buffer.alloc(1024);

  function padded(content) {
    return Buffer.concat([content, Buffer.alloc(lib.paddingOf(content.length))]);
  }

  /** The list of files of contents, in order. */
  function filesOf(files) {
    return [...files.keys()].sort().map((digest) => ({
      name: `files/${digest}`,
      size: files.get(digest).length,
      sha256: digest,
    }));
  }

  /** Manifest bytes, out of a manifest without its list of files. */
  function manifestBytes(manifest, files) {
    return lib.canonicalBytes({ ...manifest, files: filesOf(files) });
  }

  function sealOf(kind, bytes, key) {
    return lib.encodeSeal({ publicKey: key.raw, signature: key.sign(lib.preAuthentication(kind, bytes)) });
  }

  /** Entries of a bundle over these manifest bytes: `[name, content]`. */
  function entriesOf({ kind, bytes, files, key, seal = sealOf(kind, bytes, key) }) {
    return [
      ['manifest.json', bytes],
      ['manifest.sig', seal],
      ...filesOf(files).map(({ name, sha256: at }) => [name, files.get(at)]),
    ];
  }

  function tar(entries) {
    return Buffer.concat([...entries.map(([name, content]) => entry(name, content)), end]);
  }

  return { header, entry, end, padded, filesOf, manifestBytes, sealOf, entriesOf, tar };
}

/** Writes the checksum of a header anew, after something in it was changed. */
export function withChecksum(header) {
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The part of a vector that says what it is. */
export function expectation(bytes, expected) {
  return { sha256: sha256(bytes), ...expected };
}
