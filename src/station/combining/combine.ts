import { randomBytes } from 'node:crypto';
import type { CombinedManifest } from '../../bundle/manifest.ts';
import { encodeSeal } from '../../bundle/seal.ts';
import { formatTime } from '../../encoding/time.ts';
import { refused, usage } from '../../errors.ts';
import { Contents } from '../../exchange/contents.ts';
import { openIncoming, withCopies, type Answer, type Incoming } from '../ledger/answers.ts';
import { checkForeign, isRequest } from './foreign-metadata.ts';
import { openHome, type Home } from '../home/home.ts';
import { requireFree, writeOut } from '../files/outgoing.ts';
import { sealBundle } from '../seal-bundle.ts';
import { recordingRefusals } from '../ledger/refusals.ts';

/** A combined bundle that was written. */
export interface CombinedFile {
  readonly digest: string;
  /** Digest of the request that the parts answer. */
  readonly request: string;
  readonly parts: readonly { readonly station: string; readonly digest: string }[];
  /** SHA-256 of metadata files that other tools signed. */
  readonly metadata: readonly string[];
  readonly out: string;
  readonly readBack: 'direct' | 'replug';
}

/**
 * Puts the responses of several stations to one request into one bundle, each unchanged under its own seal (M17).
 * Nothing of them is judged: whoever signs or publishes reads each as if it had come alone. Metadata files that other
 * tools signed go along, and are held against the request, so that a wrong one is noticed here and not at the end.
 *
 * @param now seconds since 1970
 * @throws COMBINE-ONE (2), COMBINE-REQUEST (2 or 3), BUNDLE-*, SEAL-*, EXCHANGE-*
 */
export async function combine(
  folder: string,
  files: readonly string[],
  out: string,
  now: number,
): Promise<CombinedFile> {
  const home = await openHome(folder, { write: true });
  try {
    return await recordingRefusals(
      home,
      () => null,
      () =>
        withCopies(files, home, false, async (copies) => {
          const requests = copies.filter(isRequest);
          const incoming = await openIncoming(
            home,
            copies.filter((copy) => !requests.includes(copy)),
          );
          const answers = [...incoming.answers].sort((a, b) => (a.digest < b.digest ? -1 : 1));
          const parts = { answers, foreign: incoming.foreign };
          checkTogether(parts);
          await checkForeign(home, parts, requests, now);
          requireFree(out);
          return writeCombined(home, parts, out, now);
        }),
    );
  } finally {
    home.close();
  }
}

function checkTogether({ answers, foreign }: Incoming): void {
  const [first] = answers;
  if (!first || answers.length + foreign.length < 2)
    throw usage('COMBINE-ONE', 'there is only one response to combine', {
      hint: 'give the responses of two stations or more, or one and a metadata file; one alone is published as it is',
    });
  for (const { manifest, sealedBy, digest } of answers) {
    if (manifest.request.digest !== first.manifest.request.digest)
      throw refused('COMBINE-REQUEST', 'the responses answer different requests', {
        expected: first.manifest.request.digest,
        found: manifest.request.digest,
        where: manifest.from.name,
      });
    if (answers.some((other) => other.sealedBy === sealedBy && other.digest !== digest))
      throw refused('COMBINE-REQUEST', 'two responses are of one station', {
        found: sealedBy,
        where: manifest.from.name,
      });
  }
}

function writeCombined(home: Home, { answers, foreign }: Incoming, out: string, now: number): CombinedFile {
  const { manifest: first } = answers[0] as Answer;
  const contents = new Contents();
  const parts = answers.map((answer) => {
    for (const { name } of answer.manifest.files) contents.add(answer.read(name));
    return {
      digest: answer.digest,
      manifest: contents.add(answer.manifestBytes),
      seal: contents.add(encodeSeal(answer.seal)),
    };
  });
  const sequence = home.ledger.head().line + 1;
  const manifest: Omit<CombinedManifest, 'files'> = {
    format: 'countersign-1',
    kind: 'combined',
    environment: home.environment,
    id: randomBytes(16).toString('hex'),
    created: formatTime(now),
    sequence,
    from: { name: home.name, key: home.identity },
    to: first.to,
    request: first.request,
    parts,
    metadata: foreign.map(({ bytes }) => contents.add(bytes)),
  };
  const bundle = sealBundle(home, {
    kind: 'combined',
    manifest,
    contents: contents.files,
  });
  const request = first.request.digest;
  home.ledger.append([{ event: 'combined', data: { request, combined: bundle.digest, sequence } }]);
  const bytes = Buffer.concat([...bundle.chunks]);
  const { readBack } = writeOut(out, [bytes], bytes.length);
  return {
    digest: bundle.digest,
    request,
    parts: answers.map(({ manifest: { from }, digest }) => ({ station: from.name, digest })),
    metadata: foreign.map(({ sha256 }) => sha256),
    out,
    readBack,
  };
}
