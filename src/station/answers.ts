import { openBundle, type Bundle } from '../bundle/bundle.ts';
import type { CombinedManifest, ResponseManifest } from '../bundle/manifest.ts';
import { openParts } from '../bundle/parts.ts';
import type { SealedManifest } from '../bundle/sealed-manifest.ts';
import { CountersignError, refused } from '../errors.ts';
import { fileSource } from './file-source.ts';
import type { Home } from './home.ts';
import { withCopy, type Copy } from './incoming.ts';
import { partners, trustPartners } from './pairing.ts';

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

/**
 * The responses that a copy holds: one, or those of a combined bundle, each by its own seal. Own seals count: a
 * station may meet the answer that it gave before, or a bundle that it combined.
 *
 * @throws BUNDLE-*, SEAL-*, RESPONSE-SCHEMA, COMBINED-SCHEMA
 */
export async function openAnswers(home: Home, copy: Copy): Promise<Answer[]> {
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
  return answers;
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
export function distinctAnswers(answers: readonly Answer[]): Answer[] {
  const byDigest = new Map(answers.map((answer) => [answer.digest, answer]));
  return [...byDigest.values()].sort((a, b) => a.manifest.sequence - b.manifest.sequence);
}
