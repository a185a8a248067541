import { sameJson } from '../encoding/json.ts';
import type { TargetEntry } from '../metadata/document.ts';

/** One name of a targets role, old to new. */
export interface TargetChange {
  readonly name: string;
  readonly before: TargetEntry | null;
  readonly after: TargetEntry | null;
}

/** Kinds of change, the most suspicious first: the order in which they are shown (R8). */
export const TARGET_KINDS = ['shrunken', 'longer', 'removed', 'moved', 'custom', 'added'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A length beyond this factor of the old one is vastly different. */
const VAST = 4;

/** What becomes of a name; `custom`: the same content, of which something else is said. */
export function kindOf({ before, after }: TargetChange): TargetKind {
  if (!before) return 'added';
  if (!after) return 'removed';
  if (sameTerms(before, after)) return 'custom';
  if (after.length < before.length) return 'shrunken';
  return after.length > before.length * VAST ? 'longer' : 'moved';
}

/** The changes from base to result, those that are not additions first: a long list is cut at its end. */
export function targetChanges(
  before: ReadonlyMap<string, TargetEntry>,
  after: ReadonlyMap<string, TargetEntry>,
): TargetChange[] {
  const changes: TargetChange[] = [];
  for (const [name, entry] of before)
    if (!after.has(name)) changes.push({ name, before: entry, after: null });
  for (const [name, entry] of after) {
    const old = before.get(name) ?? null;
    if (!old || !sameEntry(old, entry)) changes.push({ name, before: old, after: entry });
  }
  const place = (change: TargetChange): number => TARGET_KINDS.indexOf(kindOf(change));
  return changes.sort((a, b) => place(a) - place(b));
}

/** Whether two entries name the same content in the same terms, and say the same of it. */
export function sameEntry(a: TargetEntry, b: TargetEntry): boolean {
  return sameTerms(a, b) && sameJson(a.custom, b.custom);
}

function sameTerms(a: TargetEntry, b: TargetEntry): boolean {
  const names = Object.keys(a.hashes);
  return (
    a.length === b.length &&
    names.length === Object.keys(b.hashes).length &&
    names.every((name) => a.hashes[name] === b.hashes[name])
  );
}
