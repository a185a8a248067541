import type { SignedDocument } from './document.ts';

/** Of files of this size (bytes) or more only the last few are kept, whatever their roles. */
const LARGE = 1024 * 1024;
/** A publication reads the base, the file to be posted, and each of them again as it is served. */
const KEPT = 2;
/** Bytes of smaller files that are kept: a hundred hash bins before and after a change. */
const BUDGET = 16 * 1024 * 1024;

type Parse = (role: string, file: Uint8Array) => SignedDocument;

/** A reader that knows what it has read lately. */
export interface RememberingReader {
  readonly parse: Parse;
  /** The document of these very bytes where they were read lately; null says nothing. */
  readonly known: (role: string, file: Uint8Array) => SignedDocument | null;
}

/** The same reading, where the last files of each role are not read again. What is refused is refused each time. */
export function rememberingFiles(parse: Parse): RememberingReader {
  const large: SignedDocument[] = [];
  // in the order in which the roles were read
  const small = new Map<string, readonly SignedDocument[]>();
  let bytes = 0;

  const forget = (role: string): void => {
    for (const { file } of small.get(role) ?? []) bytes -= file.length;
    small.delete(role);
  };
  const keepSmall = (document: SignedDocument): void => {
    const kept = [document, ...(small.get(document.role) ?? [])].slice(0, KEPT);
    forget(document.role);
    small.set(document.role, kept);
    for (const { file } of kept) bytes += file.length;
    for (const role of small.keys()) {
      if (bytes <= BUDGET) break;
      forget(role);
    }
  };
  const known = (role: string, file: Uint8Array): SignedDocument | null => {
    const kept = file.length < LARGE ? small.get(role) : large;
    return (
      kept?.find((document) => document.role === role && Buffer.compare(document.file, file) === 0) ?? null
    );
  };
  return {
    known,
    parse(role, file) {
      const before = known(role, file);
      if (before) return before;
      const document = parse(role, file);
      if (file.length < LARGE) keepSmall(document);
      else {
        large.unshift(document);
        large.length = Math.min(large.length, KEPT);
      }
      return document;
    },
  };
}
