import { join } from 'node:path';
import type { LedgerHead } from '../bundle/manifest.ts';
import { refused, usage } from '../errors.ts';
import { createDurably } from '../station/files/durable.ts';
import { exchangeEvent } from '../station/ledger/events.ts';
import { holdsHead } from '../station/recovered.ts';
import { writeRecovery } from '../station/recovery.ts';
import { recordingRefusals } from '../station/ledger/refusals.ts';
import { eventsOf, readOwnResponse, type OwnResponse } from './own-response.ts';
import type { OfflineStation } from './station.ts';

/** What a recovery would restore, for whoever confirms it. */
export interface RecoveryPlan {
  /** The newest head that is recovered, to be compared with the paper. */
  readonly head: LedgerHead;
  /** Line at which this ledger ends now. */
  readonly from: number;
  /** Responses that were lost, the oldest first. */
  readonly responses: readonly { readonly digest: string; readonly request: string; readonly to: string }[];
  readonly signed: readonly {
    readonly repository: string;
    readonly role: string;
    readonly version: number;
  }[];
  readonly fills: number;
}

export interface RecoveryResult extends RecoveryPlan {
  /** Head of the ledger after the recovery, for the paper. */
  readonly now: LedgerHead;
}

/**
 * Restores what a ledger lost that was put back from an old copy (M9): this station's own sealed responses say which
 * versions it signed, what it filled in, and what it had seen. What they say is written down anew, and the responses
 * are kept again, so that `resend` works.
 *
 * @param confirm throws unless people compared the head with the paper
 * @throws RECOVER-NOTHING (exit 2), RECOVER-GAP, RECOVER-FAR, SEAL-STRANGER, BUNDLE-*, SEAL-* (exit 3)
 */
export async function recoverFromResponses(
  station: OfflineStation,
  files: readonly string[],
  confirm: (plan: RecoveryPlan) => Promise<void>,
): Promise<RecoveryResult> {
  const { home } = station;
  return recordingRefusals(
    home,
    () => null,
    async () => {
      const lost = await lostResponses(station, files);
      const newest = lost.at(-1) as OwnResponse;
      const parts = lost.map((response) => ({
        head: response.manifest.head,
        events: eventsOf(station, response),
      }));
      const events = parts.flatMap((part) => part.events);
      const plan: RecoveryPlan = {
        head: newest.manifest.head,
        from: home.ledger.head().line,
        responses: lost.map(({ digest, manifest }) => ({
          digest,
          request: manifest.request.digest,
          to: manifest.to.name,
        })),
        signed: signedVersions(lost),
        fills: events.filter(({ event }) => event === 'fill').length,
      };
      await confirm(plan);
      for (const { digest, bytes } of lost)
        createDurably(join(home.dir, 'responses', `${digest}.tar`), bytes);
      // The line after the one that sealed a response said that it was released.
      const last = Math.max(
        ...lost.map(({ manifest }) => Math.max(manifest.sequence, manifest.head.line) + 1),
      );
      writeRecovery(home.ledger, { what: 'response', head: plan.head, last, parts });
      return { ...plan, now: home.ledger.head() };
    },
  );
}

/** The responses that this ledger does not know of, by their heads; none may be missing between them. */
async function lostResponses(station: OfflineStation, files: readonly string[]): Promise<OwnResponse[]> {
  const { home } = station;
  const known = new Set(
    home.ledger.lines().flatMap((line) => {
      const { event, data } = exchangeEvent(line);
      return event === 'sealed' ? [data.response] : [];
    }),
  );
  const lost = new Map<string, OwnResponse>();
  for (const file of files) {
    const response = await readOwnResponse(home, file);
    const { digest, manifest } = response;
    if (!known.has(digest) || !holdsHead(home.ledger, manifest.head)) lost.set(digest, response);
  }
  if (lost.size === 0)
    throw usage('RECOVER-NOTHING', 'the ledger knows all that these files say', {
      hint: 'nothing has to be recovered from them',
    });
  for (const { file, manifest } of lost.values()) {
    const { previous } = manifest;
    if (previous === null || known.has(previous) || lost.has(previous)) continue;
    throw refused('RECOVER-GAP', 'the response before this one is missing', {
      expected: `the response with digest ${previous}`,
      where: file,
      hint: 'name it too; where it is gone for good: countersign station recover REQUEST --head LINE:HASH',
    });
  }
  return [...lost.values()].sort((a, b) => a.manifest.head.line - b.manifest.head.line);
}

function signedVersions(lost: readonly OwnResponse[]): RecoveryPlan['signed'] {
  return lost.flatMap(({ manifest }) =>
    manifest.repositories.flatMap(({ name, roles }) =>
      roles
        .filter(({ outcome }) => outcome === 'signed')
        .map(({ role, version }) => ({ repository: name, role, version })),
    ),
  );
}
