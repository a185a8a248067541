import { textOf, type RecordedEvent } from '../ledger/events.ts';

/** Keys that approved requests took away: `role canonicalId`, by repository. */
export function foldDropped(lines: Iterable<RecordedEvent>): ReadonlyMap<string, ReadonlySet<string>> {
  const dropped = new Map<string, Set<string>>();
  for (const { event, data } of lines) {
    if (event !== 'dropped') continue;
    const repository = textOf(data, 'repository');
    const keys = dropped.get(repository) ?? new Set<string>();
    dropped.set(repository, keys.add(`${textOf(data, 'role')} ${textOf(data, 'key')}`));
  }
  return dropped;
}
