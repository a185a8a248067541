import type {
  AddChange,
  Change,
  DelegationAddChange,
  KeySource,
  PathsRemoveChange,
} from '../../change/change.ts';
import { customText } from './custom-text.ts';
import { escapeCut, show } from '../escape.ts';
import { prefixesText } from './prefixes-text.ts';

/** Changes of one repository that are listed; the rest is counted. */
const LISTED = 40;

/** Staged changes by repository, as people read them. */
export function changeLines(
  all: readonly { readonly name: string; readonly changes: readonly Change[] }[],
): string[] {
  const staged = all.filter(({ changes }) => changes.length > 0);
  if (staged.length === 0) return ['nothing is staged'];
  return staged.flatMap(({ name, changes }) => [
    `${escapeCut(name, 200)}: ${String(changes.length)} staged`,
    ...changes.slice(0, LISTED).map((change) => `  ${changeLine(change)}`),
    ...(changes.length > LISTED ? [`  ... and ${String(changes.length - LISTED)} more`] : []),
  ]);
}

/** A target that a command has staged, and the roles that it goes into; nothing is said of `targets` alone. */
export function stagedTargetLine(verb: 'add' | 'remove', name: string, roles: readonly string[]): string {
  const alone = roles.length === 1 ? intoRole(roles[0] ?? '') : intoRole(roles.join(', '));
  return `staged: ${verb} ${show(name)}${alone}`;
}

/** One change in a line. */
export function changeLine(change: Change): string {
  switch (change.type) {
    case 'init':
      return change.restart ? 'a first root, anew' : 'a first root';
    case 'add':
      return `add ${show(change.name, 60)} ${String(change.length)} bytes${intoRole(change.role)}${withCustom(change)}`;
    case 'remove':
      return `remove ${show(change.name, 60)}${intoRole(change.role)}`;
    case 'refresh':
      return `refresh ${escapeCut(change.role, 60)}`;
    case 'final':
      return 'the last root and targets of this repository';
    case 'key-add':
      return `one more key for ${escapeCut(change.role, 60)}: ${sourceText(change.key)}`;
    case 'key-remove':
      return `remove key ${escapeCut(change.keyid, 16)} of ${escapeCut(change.role, 40)}`;
    case 'key-rotate':
      return `replace the keys of ${escapeCut(change.role, 60)}: ${change.keys.map(sourceText).join(', ')}`;
    case 'threshold':
      return `${escapeCut(change.role, 60)} needs ${String(change.threshold)} signatures`;
    case 'renew-certificate':
      return `a new certificate for root key ${escapeCut(change.keyid, 16)}`;
    case 'online-key':
      return `take the ${escapeCut(change.role, 20)} key from where it is held`;
    case 'delegation-add':
      return `delegate to ${escapeCut(change.role, 60)} for ${namesText(change)}`;
    case 'delegation-remove':
      return `delegate no more to ${escapeCut(change.role, 60)}`;
    case 'paths-remove':
      return `delegate no more to ${escapeCut(change.role, 40)} for ${namesText(change)}`;
  }
}

function withCustom({ custom }: AddChange): string {
  if (custom === undefined) return '';
  return custom === null ? ', without custom data' : `, custom ${customText(custom, 60)}`;
}

function sourceText({ form }: KeySource): string {
  return { slot: 'one chosen or made offline', public: 'a given key', certificate: 'a given certificate' }[
    form
  ];
}

function namesText({ paths, hashPrefixes }: DelegationAddChange | PathsRemoveChange): string {
  const texts = paths.map((path) => (path === '' ? 'all names' : show(path, 40)));
  if (hashPrefixes.length > 0) texts.push(prefixesText(hashPrefixes));
  return texts.length === 0 ? 'no more names' : texts.join(', ');
}

function intoRole(role: string): string {
  return role === 'targets' ? '' : ` (${escapeCut(role, 60)})`;
}
