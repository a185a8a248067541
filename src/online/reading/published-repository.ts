import type { CountersignError } from '../../errors.ts';
import type { TrackedRole } from '../../exchange/tracker.ts';

/** What became of one repository. */
export interface PublishedRepository {
  readonly name: string;
  readonly state: 'published' | 'already-published' | 'refused' | 'incomplete' | 'conflict' | 'failed';
  readonly roles: readonly {
    readonly role: string;
    readonly version: number;
    readonly sha256: string | null;
  }[];
  /** Which keys signed, which are missing, and whose they are. */
  readonly signatures: readonly TrackedRole[];
  /** Why, where it was not published. */
  readonly error: CountersignError | null;
  /** Refusal's check ID or reason code. */
  readonly reason: string | null;
}
