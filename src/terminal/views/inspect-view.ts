import type { KeyHolder, TrustInspection } from '../../online/reading/inspect.ts';
import { escapeCut } from '../escape.ts';

/** Whom Docker's client names, in brackets here, where no signer but the released roles holds a tag. */
const ADMINISTRATOR = 'Repo Admin';
/** Columns of one cell before it is cut. */
const CELL = 200;
/** Docker's client sets cells this far apart, and makes no column narrower than the second. */
const GAP = 3;
const NARROWEST = 10;
/** Digits of a key ID that Docker's client shows. */
const SHORT_ID = 12;

/**
 * Inspections as `docker trust inspect` prints them, byte for byte where all is printable ASCII: four spaces, and
 * what Go escapes in strings.
 */
export function inspectionJson(inspections: readonly TrustInspection[]): string {
  return JSON.stringify(inspections, null, 4).replace(
    /[<>&\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Inspections as `docker trust inspect --pretty` prints them, but for its tabs, which are spaces here. */
export function inspectionLines(inspections: readonly TrustInspection[]): string[] {
  return inspections.flatMap((inspection, at) => [...(at > 0 ? ['', ''] : []), ...linesOf(inspection)]);
}

function linesOf({ Name, SignedTags, Signers, AdministrativeKeys }: TrustInspection): string[] {
  const name = escapeCut(Name, CELL);
  const tags = SignedTags.map(({ SignedTag, Digest, Signers: by }) => [
    SignedTag,
    Digest,
    by
      .map((signer) => (signer === ADMINISTRATOR ? `(${signer})` : signer))
      .sort()
      .join(', '),
  ]);
  const signers = [...Signers].reverse().map((signer) => [signer.Name, shortIds(signer)]);
  const keys = [...AdministrativeKeys].reverse();
  return [
    '',
    tags.length > 0 ? `Signatures for ${name}` : `No signatures for ${name}`,
    '',
    ...(tags.length > 0 ? columns(['SIGNED TAG', 'DIGEST', 'SIGNERS'], tags) : []),
    '',
    ...(signers.length > 0
      ? [`List of signers and their keys for ${name}`, '', ...columns(['SIGNER', 'KEYS'], signers), '']
      : []),
    `Administrative keys for ${name}`,
    '',
    ...keys.map((holder) => `  ${escapeCut(holder.Name, CELL)} Key: ${ids(holder).join(', ')}`),
  ];
}

function ids({ Keys }: KeyHolder): string[] {
  return Keys.map(({ ID }) => ID).sort();
}

function shortIds(holder: KeyHolder): string {
  return holder.Keys.map(({ ID }) => ID.slice(0, SHORT_ID)).join(', ');
}

function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => escapeCut(cell, CELL)));
  const widths = head.map((_, at) =>
    Math.max(NARROWEST, ...cells.map((row) => (row[at]?.length ?? 0) + GAP)),
  );
  return cells.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(''),
  );
}
