import { readFileSync, statSync } from 'node:fs';
import type { Json } from '../../encoding/json.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { usage } from '../../errors.ts';

/** A file may be laid out for people; what counts is bounded once it is read. */
const MAX_BYTES = 1024 * 1024;

/**
 * Custom data of a target as somebody typed it: JSON, or `@` and a file that holds JSON. Undefined where nobody did.
 *
 * @throws CUSTOM-FILE (exit 2), JSON-STRICT, ENCODING-UTF8 (exit 3)
 */
export function readCustom(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  return parseStrictJson(text.startsWith('@') ? readFile(text.slice(1)) : toUtf8(text));
}

function readFile(path: string): Uint8Array {
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('larger than 1 MiB');
    return readFileSync(path);
  } catch (cause) {
    throw usage('CUSTOM-FILE', 'the file with custom data cannot be read', { where: path, cause });
  }
}
