import type { RequestManifest } from '../bundle/manifest.ts';
import type { ComputedRole } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Anomaly } from '../review/anomaly.ts';
import type { FirstContact } from '../review/first-contact.ts';
import type { QuorumDifference } from '../review/key-difference.ts';
import type { Currency } from '../review/currency.ts';
import type { ContentDifference, RoleDifference } from '../review/difference.ts';
import type { NotUnderstood } from '../review/not-understood.ts';
import type { Reach } from '../review/reach.ts';

/** One repository of a request as the officer sees it. */
export interface RepositoryExamination {
  readonly reading: RepositoryReading;
  /** The documents, closed once the slots are filled. */
  readonly roles: readonly ComputedRole[];
  readonly differences: readonly RoleDifference[];
  /** What others changed since this station last saw the repository, as far as it is known. */
  readonly since: readonly ContentDifference[];
  readonly anomalies: readonly Anomaly[];
  /** Who can sign the names that change, before and after; empty where nothing is delegated. */
  readonly reach: readonly Reach[];
  /** Members of files that travel, but are not signed anew, of which this program has no idea. */
  readonly notUnderstood: readonly NotUnderstood[];
  /** Whether what this station knows of the repository is retired with the officer's yes. */
  readonly retires: boolean;
  /** At first contact, who may sign as the root says that is not pinned yet; empty otherwise. */
  readonly contact: readonly QuorumDifference[];
  /** At first contact, the history of roots and what is not understood; null otherwise. */
  readonly first: FirstContact | null;
  /** Online stations whose word alone it is that the base is the newest. */
  readonly currency: readonly Currency[];
  /** Name of the station that fills in what is open; null where it is this one. */
  readonly filler: string | null;
  readonly fills: ReadonlyMap<string, Uint8Array>;
}

/** A request that passed every check that needs no key. */
export interface Examination {
  readonly digest: string;
  readonly manifest: RequestManifest;
  /** Name of the sender as this station pinned it. */
  readonly sender: string;
  /** The station's copy in its home; nothing is read from the stick again. */
  readonly copy: { readonly path: string; readonly size: number; readonly sha256: string };
  readonly repositories: readonly RepositoryExamination[];
  /** Anomalies of the request as a whole. */
  readonly anomalies: readonly Anomaly[];
  /** Merkle root over the repositories' records (RFC 6962). */
  readonly merkleRoot: string;
  /** Repositories that the officer left out. */
  readonly excepted: readonly string[];
  /** Seconds since 1970, the station's clock. */
  readonly now: number;
}

/** Every anomaly, those of the whole request first. */
export function allAnomalies(examination: Examination): readonly Anomaly[] {
  return [...examination.anomalies, ...examination.repositories.flatMap(({ anomalies }) => anomalies)];
}
