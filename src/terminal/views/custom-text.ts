import { sha256Hex } from '../../encoding/hash.ts';
import { canonicalText } from '../../encoding/canonical-json.ts';
import type { Json } from '../../encoding/json.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { escapeCut } from '../escape.ts';

/** Columns of custom data that are shown before only their digest stands for the rest. */
const SHOWN = 400;

/** Custom data in their canonical form, escaped; where they are cut, with the SHA-256 of that form. */
export function customText(custom: Json, most = SHOWN): string {
  const text = canonicalText(custom);
  const shown = escapeCut(text, most);
  return shown === escapeCut(text, Infinity) ? shown : `${shown} sha256 ${sha256Hex(toUtf8(text))}`;
}
