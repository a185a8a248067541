import type { SignedDocument } from './document.ts';

/** From this size on (bytes), comparing with what was read before is worth it. */
const WORTH_KEEPING = 1024 * 1024;
/** A publication reads the base, the file to be posted, and each of them again as it is served. */
const KEPT = 2;

type Parse = (role: string, file: Uint8Array) => SignedDocument;

/** The same reading, where the last large files that were read are not read again. */
export function rememberingLarge(parse: Parse): Parse {
  const kept: SignedDocument[] = [];
  return (role, file) => {
    if (file.length < WORTH_KEEPING) return parse(role, file);
    const known = kept.find(
      (document) => document.role === role && Buffer.compare(document.file, file) === 0,
    );
    if (known) return known;
    const document = parse(role, file);
    kept.unshift(document);
    kept.length = Math.min(kept.length, KEPT);
    return document;
  };
}
