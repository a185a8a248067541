import { readFileSync } from 'node:fs';
import { openBundle, type Bundle } from '../../bundle/bundle.ts';
import type { CombinedManifest, ResponseManifest } from '../../bundle/manifest.ts';
import { openParts } from '../../bundle/parts.ts';
import type { SealedManifest } from '../../bundle/sealed-manifest.ts';
import { beginsAsJson } from '../../encoding/text.ts';
import { CountersignError, refused } from '../../errors.ts';
import type { ForeignFile } from '../../exchange/foreign.ts';
import { fileSource } from '../files/file-source.ts';
import type { Home } from '../home/home.ts';
import { withCopy, type Copy } from '../files/incoming.ts';
import { partners, trustPartners } from '../cards/pairing.ts';

/** One station's response, whether it came alone or in a combined bundle. */
export type Answer = Bundle<ResponseManifest>;

/** Works on copies of several files, each taken as {@link withCopy} takes one. */
export async function withCopies<Result>(
  files: readonly string[],
  home: Home,
  keep: boolean,
  work: (copies: readonly Copy[]) => Promise<Result>,
): Promise<Result> {
  const taken: Copy[] = [];
  const next = async (): Promise<Result> => {
    const file = files[taken.length];
    if (file === undefined) return work(taken);
    return withCopy(file, home, keep, (copy) => {
      taken.push(copy);
      return next();
    });
  };
  return next();
}

/** What was answered to a request, out of any number of files. */
export interface Incoming {
  /** Each response once, by sequence. */
  readonly answers: readonly Answer[];
  /** Metadata that other tools signed, each file once. */
  readonly foreign: readonly ForeignFile[];
}

/**
 * Opens copies: responses, combined bundles, and metadata files that other tools signed.
 *
 * @throws BUNDLE-*, SEAL-*, RESPONSE-SCHEMA, COMBINED-SCHEMA
 */
export async function openIncoming(home: Home, copies: readonly Copy[]): Promise<Incoming> {
  const answers: Answer[] = [];
  const foreign = new Map<string, ForeignFile>();
  for (const copy of copies) {
    if (isMetadataFile(copy)) {
      foreign.set(copy.sha256, { sha256: copy.sha256, bytes: readFileSync(copy.path) });
      continue;
    }
    const opened = await openAnswers(home, copy);
    answers.push(...opened.answers);
    for (const one of opened.foreign) foreign.set(one.sha256, one);
  }
  const files = [...foreign.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  return { answers: distinctAnswers(answers), foreign: files };
}

/** Bytes; more than the largest metadata of a repository that anybody reads whole. */
const MAX_METADATA = 256 * 1024 * 1024;

/** Metadata is a JSON object; a bundle begins with the name of its manifest. @throws BUNDLE-LIMIT */
export function isMetadataFile({ path, size, sha256 }: Copy): boolean {
  if (!beginsAsJson(fileSource(path).read(0, Math.min(size, 64)))) return false;
  if (size > MAX_METADATA)
    throw refused('BUNDLE-LIMIT', 'the metadata file is too large', {
      expected: `at most ${String(MAX_METADATA)}`,
      found: String(size),
      where: `file ${sha256}`,
    });
  return true;
}

/**
 * What a bundle holds: one response, or those of a combined bundle, each by its own seal, and its metadata files. Own seals count: a
 * station may meet the answer that it gave before, or a bundle that it combined.
 *
 * @throws BUNDLE-*, SEAL-*, RESPONSE-SCHEMA, COMBINED-SCHEMA
 */
async function openAnswers(home: Home, copy: Copy): Promise<Incoming> {
  const partner = trustPartners(home);
  const own = { sealed: false };
  const trust = (identity: string): void => {
    own.sealed = identity === home.identity;
    if (!own.sealed) partner(identity);
  };
  let bundle: Bundle<ResponseManifest | CombinedManifest>;
  try {
    bundle = await openBundle(fileSource(copy.path), { kinds: ['response', 'combined'], trust });
  } catch (error) {
    // Most likely the request itself, on its way to the other half or come back unanswered.
    if (own.sealed && error instanceof CountersignError && error.check === 'SEAL-SIGNATURE')
      partner(home.identity);
    throw error;
  }
  const { manifest } = bundle;
  const read = (name: string): Uint8Array => bundle.read(name);
  const answers =
    manifest.kind === 'response'
      ? [bundle as Answer]
      : (await openParts(manifest, read, trust)).map((part): Answer => ({
          ...(part as SealedManifest<ResponseManifest>),
          read,
        }));
  for (const { sealedBy } of answers) checkOffline(home, sealedBy);
  const names = manifest.kind === 'combined' ? manifest.metadata : [];
  const foreign = names.map((name) => ({ sha256: name.slice('files/'.length), bytes: read(name) }));
  return { answers, foreign };
}

/** Requests are answered offline: an online half that answers would fill in keys of its own. */
function checkOffline(home: Home, sealedBy: string): void {
  const partner = partners(home).find(({ identity }) => identity === sealedBy);
  if (partner?.side !== 'online') return;
  throw refused('SEAL-SIDE', 'the response is sealed by an online station', {
    expected: 'a response of an offline station',
    found: partner.name,
    hint: 'responses come from offline stations alone: find out who made this one',
  });
}

/** Each response once, whatever files brought it. */
function distinctAnswers(answers: readonly Answer[]): Answer[] {
  const byDigest = new Map(answers.map((answer) => [answer.digest, answer]));
  return [...byDigest.values()].sort((a, b) => a.manifest.sequence - b.manifest.sequence);
}
