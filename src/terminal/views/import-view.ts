import type { SkippedKey } from '../../station/keys/foreign-keys.ts';
import type { ImportResult } from '../../station/keys/import-keys.ts';
import { escapeCut, showPath } from '../escape.ts';
import { keyDocument, keyLines } from './key-view.ts';
import { wrapBehind } from './wrap.ts';

/** What an import did, as text: the keys, files that were misnamed or left out, and the advice to rotate. */
export function importLines({ imported, skipped }: ImportResult): string[] {
  const lines = imported.length === 0 ? ['nothing was imported'] : [...keyLines(imported), ''];
  for (const { file, misnamed, id } of imported)
    if (misnamed !== null)
      lines.push(
        ...wrapBehind('!! ', `${showPath(file)} is named after another key`),
        `     named after ${misnamed}`,
        `     holds       ${id}`,
      );
  for (const one of skipped) lines.push(...wrapBehind('left out: ', `${showPath(one.file)}: ${reason(one)}`));
  if (imported.length === 0) return lines;
  const advice =
    'Copies of an imported key may exist, in backups and on the machine that it came from. Rotate to keys that are born in the HSM (countersign key rotate), then destroy the old files.';
  return [...lines, ...wrapBehind('', advice)];
}

function reason({ role, why }: SkippedKey): string {
  if (why === 'known') return 'this station has the key already';
  if (why === 'no-role') return 'the file does not say what the key is for: name the file, with --role';
  return `a ${escapeCut(role, 80)} key belongs on the other half`;
}

/** The same for `--json`. */
export function importDocument({ imported, skipped }: ImportResult): object {
  return {
    imported: imported.map((key) => ({ ...keyDocument(key), file: key.file, misnamed: key.misnamed })),
    skipped,
  };
}
