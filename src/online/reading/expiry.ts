import { formatTime } from '../../encoding/time.ts';
import { CountersignError, EXIT, usage, type ExitCode } from '../../errors.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import type { Dialect } from '../../metadata/dialect.ts';
import type { SignedDocument } from '../../metadata/document.ts';
import { atOnce } from '../transport/at-once.ts';
import { readVerified } from './read.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import { pinOf, type OnlineStation } from '../station.ts';
import type { Stores } from '../repositories/stores.ts';

/** Something that ends. */
export interface Ending {
  readonly repository: string;
  /** A role, or `root certificate`. */
  readonly what: string;
  /** Version of the role's file. */
  readonly version: number;
  /** Key ID of a certificate. */
  readonly keyid: string | null;
  readonly expires: string;
  /** Until then; negative if it is over. */
  readonly seconds: number;
  /** The server signs it anew by itself once it has expired. */
  readonly renewed: boolean;
  /** Whether it is over, or ends within the time that was asked for. */
  readonly due: boolean;
}

export interface ExpiryReport {
  /** Soonest first. */
  readonly endings: readonly Ending[];
  readonly errors: readonly { readonly repository: string; readonly error: CountersignError }[];
}

const PARALLEL = 8;
const SECONDS: Readonly<Record<string, number>> = { h: 3_600, d: 86_400, w: 604_800 };

/**
 * A length of time: `12h`, `30d`, `4w`. Seconds.
 *
 * @throws EXPIRY-WITHIN (exit 2)
 */
export function parseDuration(text: string): number {
  const [, count, unit] = /^([0-9]{1,6})([hdw])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined)
    throw usage('EXPIRY-WITHIN', 'not a length of time', {
      expected: 'a number and h, d or w, as in 30d',
      found: text.slice(0, 100),
    });
  return Number(count) * (SECONDS[unit] ?? 0);
}

/**
 * When everything of these repositories ends: each role's file, verified from this station's pin whether or not it
 * has expired, and the certificates of the root keys. A repository that cannot be read is reported beside the rest.
 *
 * @param names repositories; all of the station's if empty
 * @param within seconds; null to count only what is over
 */
export async function readExpiry(
  station: OnlineStation,
  stores: Stores,
  names: readonly string[],
  within: number | null,
  progress: (done: number, total: number) => void,
): Promise<ExpiryReport> {
  const entries =
    names.length > 0
      ? [...new Set(names)].map((name) => repositoryNamed(station.home, name))
      : repositories(station.home);
  let done = 0;
  const reports = await atOnce(entries, PARALLEL, async (entry) => {
    const report = await repositoryEndings(station, stores, entry, within ?? 0);
    progress(++done, entries.length);
    return report;
  });
  return {
    endings: reports
      .flatMap(({ endings }) => endings)
      .sort((a, b) => a.seconds - b.seconds || (a.repository < b.repository ? -1 : 1)),
    errors: reports.flatMap(({ errors }) => errors),
  };
}

/** The exit code of a report: what a check refused, then what is due (only if it was asked for), then silence. */
export function exitOf({ endings, errors }: ExpiryReport, within: number | null): ExitCode {
  const refusal = errors.find(({ error }) => error.exit !== EXIT.unavailable);
  if (refusal) return refusal.error.exit;
  if (within !== null && endings.some(({ due }) => due)) return EXIT.incomplete;
  return errors.length > 0 ? EXIT.unavailable : EXIT.done;
}

async function repositoryEndings(
  station: OnlineStation,
  stores: Stores,
  entry: RepositoryEntry,
  within: number,
): Promise<ExpiryReport> {
  const make = (dialect: Dialect, documents: readonly SignedDocument[], root: SignedDocument): Ending[] =>
    [
      ...documents.map(({ role, version, expires }) => ({ what: role, version, keyid: null, expires })),
      ...dialect.certificateEnds(root).map(({ keyid, notAfter }) => ({
        what: 'root certificate',
        version: root.version,
        keyid,
        expires: notAfter,
      })),
    ].map((ending) => {
      const seconds = Math.floor(ending.expires / 1000) - station.now;
      // A trust server always holds the timestamp's key, and signs a new one when the old one has run out.
      const renewed = ending.what === 'timestamp' && entry.place.kind === 'server';
      const expires = formatTime(Math.floor(ending.expires / 1000));
      return {
        repository: entry.name,
        ...ending,
        expires,
        seconds,
        renewed,
        due: !renewed && seconds <= within,
      };
    });
  try {
    const { dialect, verified } = await readVerified(station, stores, entry);
    const { root, timestamp, snapshot, targets, broken } = verified;
    const others = [...targets.values(), ...broken.map(({ document }) => document)];
    const documents = [root, timestamp, snapshot, ...others].filter((document) => document !== null);
    return { endings: make(dialect, documents, root), errors: [] };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    // Where a certificate has ended no root verifies any more: the pinned one says so.
    const pin = pinOf(station, entry);
    const endings = pin ? make(dialectOf(entry.dialect), [], pin).filter(({ due }) => due) : [];
    return { endings, errors: [{ repository: entry.name, error }] };
  }
}
