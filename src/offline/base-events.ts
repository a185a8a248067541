import type { RequestManifest } from '../bundle/manifest.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { archive } from '../station/files/archive.ts';
import { repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import { marksOf } from '../station/ledger/marks.ts';
import type { Examination } from './examination.ts';
import type { OfflineStation } from './station.ts';

/**
 * What the officer's yes makes known: the sender's sequence, and the base of each repository, which was verified
 * complete. Signing itself moves neither `pinned` nor `seen` (M1).
 */
export function baseEvents(
  station: OfflineStation,
  examination: Examination,
  manifest: RequestManifest,
): ExchangeEvent[] {
  return examination.repositories.flatMap(({ reading, differences, retires }) => {
    const repository = repositoryKey(reading.record);
    if (station.signing.get(examination.digest)?.accepted.has(repository)) return [];
    const marks = marksOf(station.marks, repository);
    const events: ExchangeEvent[] = [
      ...(retires ? [{ event: 'retired', data: { repository, request: examination.digest } } as const] : []),
      {
        event: 'accepted',
        data: {
          request: examination.digest,
          repository,
          from: manifest.from.key,
          sequence: manifest.sequence,
        },
      },
    ];
    for (const { role, keys } of differences.flatMap((one) => [...one.quorums, ...one.delegations]))
      for (const { state, canonicalId } of keys)
        if (state === 'leaves')
          events.push({ event: 'dropped', data: { repository, role, key: canonicalId } });
    const { base, record } = reading;
    if (!base) return events;
    const sha256 = sha256Hex(base.root.payload);
    if (marks.pinned?.sha256 !== sha256) {
      const file = archive(station.home, base.root.file);
      events.push({ event: 'pinned', data: { repository, version: base.root.version, sha256, file } });
    }
    for (const { role, version, sha256: found } of record.base)
      if (version > 0 && marks.seen.get(role)?.sha256 !== found)
        events.push({ event: 'seen', data: { repository, role, version, sha256: found } });
    return events;
  });
}
