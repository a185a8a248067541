import type { RequestManifest } from '../bundle/manifest.ts';
import { refused } from '../errors.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import type { Home } from '../station/home/home.ts';
import { checkHead, foldRecovered } from '../station/recovered.ts';

/**
 * This station is not behind its own echo (M6, M9): its ledger holds the head that the online half heard, or was
 * recovered up to it; and where officers typed a head because the responses are gone, they accepted which versions
 * are taken of each repository that exists.
 *
 * @param digest of the request
 * @throws LEDGER-ROLLBACK
 */
export function checkHeard(home: Home, manifest: RequestManifest, digest: string): void {
  const head = manifest.to.find(({ key }) => key === home.identity)?.head;
  if (head)
    checkHead(
      home.ledger,
      head,
      'the online half heard of a ledger line that this station does not have',
      digest,
    );
  const { typed, accepted } = foldRecovered(home.ledger.lines());
  if (!typed) return;
  for (const record of manifest.repositories) {
    if (accepted.has(repositoryKey(record)) || record.base.every(({ version }) => version === 0)) continue;
    throw refused('LEDGER-ROLLBACK', 'what this station signed for the repository was lost with its ledger', {
      expected: `versions that are accepted as taken, since line ${String(typed.line)} was recovered`,
      found: 'none',
      where: record.name,
      hint: `countersign station recover REQUEST --head ${String(typed.line)}:${typed.hash}`,
    });
  }
}
