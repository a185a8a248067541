import { isObject, type Json } from '../encoding/json.ts';
import type { SignedDocument } from './document.ts';
import { SLOT } from './open-key.ts';

/** What is understood of a value: its members by name, each in turn; the same of each of them; or (null) no more. */
export type Understood = UnderstoodMembers | UnderstoodEach | UnderstoodKeys | null;
export interface UnderstoodMembers {
  readonly members: Readonly<Record<string, Understood>>;
}
export interface UnderstoodEach {
  readonly each: Understood;
}

/** Keys by ID; among them what stands for a key that is not known yet. */
export interface UnderstoodKeys {
  readonly keys: UnderstoodMembers;
}

/** Members of which no more is understood than that they belong there. */
export function members(...names: readonly string[]): UnderstoodMembers {
  return { members: Object.fromEntries(names.map((name) => [name, null])) };
}

/** Members of a target, alike in both dialects. */
const TARGET = ['custom', 'hashes', 'length'];
const ENVELOPE = members();
/** What stands for a key that is not known yet (`open-key.ts`). */
const OPEN_KEY = members('key', 'slot');

/** As many of each kind are named: a document that has them on every target would fill the screen. */
const MOST = 20;

/** JSON pointers (RFC 6901) of members of a file that are not understood, kind by kind. */
export function notUnderstood(
  { signed, entries, outside }: SignedDocument,
  form: UnderstoodMembers,
): string[] {
  const found = new Map<UnderstoodMembers, string[]>();
  collect('', outside, ENVELOPE, found);
  collect('/signed', signed, form, found);
  const ofTargets: string[] = [];
  for (const names of entries.otherMembers(TARGET)) ofTargets.push(pointer('/signed/targets', ...names));
  return [...found.values(), ofTargets].flatMap((pointers) => pointers.sort().slice(0, MOST));
}

function collect(
  where: string,
  value: Json | undefined,
  understood: Understood,
  found: Map<UnderstoodMembers, string[]>,
): void {
  if (understood === null || typeof value !== 'object' || value === null) return;
  if ('keys' in understood) {
    for (const [id, key] of Object.entries(value))
      collect(pointer(where, id), key, id.startsWith(SLOT) ? OPEN_KEY : understood.keys, found);
    return;
  }
  if ('each' in understood) {
    for (const [name, inside] of Object.entries(value))
      collect(pointer(where, name), inside, understood.each, found);
    return;
  }
  if (!isObject(value)) return;
  const others = found.get(understood) ?? [];
  found.set(understood, others);
  for (const name of Object.keys(value))
    if (!Object.hasOwn(understood.members, name)) others.push(pointer(where, name));
  for (const [name, below] of Object.entries(understood.members))
    if (Object.hasOwn(value, name)) collect(pointer(where, name), value[name], below, found);
}

function pointer(where: string, ...names: readonly string[]): string {
  return [where, ...names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1'))].join('/');
}
