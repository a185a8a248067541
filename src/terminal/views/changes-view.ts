import type { Changes } from '../../online/reading/changes.ts';
import { escapeCut } from '../escape.ts';
import { table } from './table.ts';

/** What a server says has changed, the newest last. */
export function changesLines({ repository, changes }: Changes): string[] {
  if (changes.length === 0) return ['no records'];
  const last = changes.at(-1);
  const rows = changes.map(({ id, time, category, version, sha256, repository: name }) => [
    id,
    time.replace(/\.[0-9]+/, ''),
    ...(repository === null ? [name] : []),
    category === 'update' ? `timestamp ${String(version)}` : 'deleted',
    ...(repository === null ? [] : [sha256?.slice(0, 16) ?? '']),
  ]);
  const head = repository === null ? ['REPOSITORY', 'WHAT'] : ['WHAT', 'SHA-256'];
  return [
    ...table(['ID', 'TIME', ...head], rows),
    `to go on from here: --since ${escapeCut(last?.id ?? '', 64)}`,
  ];
}
