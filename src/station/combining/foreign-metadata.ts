import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle, type Bundle } from '../../bundle/bundle.ts';
import type { RequestManifest } from '../../bundle/manifest.ts';
import { kindOfFile } from '../../bundle/peek.ts';
import { CountersignError, refused, usage } from '../../errors.ts';
import { withForeign } from '../../exchange/foreign.ts';
import { mergeResponses, type MergedRepository } from '../../exchange/merge-responses.ts';
import { readRepository } from '../../exchange/read-request.ts';
import { checkBinding, readRepositoryResponse } from '../../exchange/read-response.ts';
import type { Answer, Incoming } from '../ledger/answers.ts';
import { fileSource } from '../files/file-source.ts';
import type { Home } from '../home/home.ts';
import type { Copy } from '../files/incoming.ts';
import { trustPartners } from '../cards/pairing.ts';

/** Whether a file says that it is a request; what it is, opening it tells. */
export function isRequest({ path }: Copy): boolean {
  try {
    return kindOfFile(fileSource(path)) === 'request';
  } catch (error) {
    if (error instanceof CountersignError) return false;
    throw error;
  }
}

/**
 * Holds metadata files that other tools signed against the request that the responses answer: what they sign is what it
 * leads to, and every signature counts.
 *
 * @param now seconds since 1970
 * @throws COMBINE-REQUEST (2 without the request, 3 where it is another one), EXCHANGE-*
 */
export async function checkForeign(
  home: Home,
  { answers, foreign }: Incoming,
  requests: readonly Copy[],
  now: number,
): Promise<void> {
  const [first] = answers;
  if (foreign.length === 0 || !first) return;
  const { digest } = first.manifest.request;
  const stored = join(home.dir, 'requests', `${digest}.tar`);
  const path = requests[0]?.path ?? (existsSync(stored) ? stored : null);
  if (path === null || requests.length > 1)
    throw usage('COMBINE-REQUEST', 'the request that the metadata was signed for must be given, once', {
      found: digest,
      hint: 'countersign combine REQUEST RESPONSE... ROLE.json -o FILE',
    });
  const request = await openRequest(home, path);
  if (request.digest !== digest)
    throw refused('COMBINE-REQUEST', 'the responses answer another request', {
      expected: digest,
      found: request.digest,
    });
  withForeign(answeredRepositories(request, answers, now), foreign);
}

/** A request that a partner or this station sealed. @throws BUNDLE-*, SEAL-* */
export async function openRequest(home: Home, path: string): Promise<Bundle<RequestManifest>> {
  const partner = trustPartners(home);
  return openBundle<RequestManifest>(fileSource(path), {
    kinds: ['request'],
    trust: (identity) => {
      if (identity !== home.identity) partner(identity);
    },
  });
}

/**
 * The repositories of a request with what was answered so far, verified from the first of the roots that travel: for
 * looking and comparing, not for signing.
 *
 * @param now seconds since 1970
 * @throws CHAIN-*, REQUEST-*, EXCHANGE-*
 */
export function answeredRepositories(
  request: Bundle<RequestManifest>,
  answers: readonly Answer[],
  now: number,
): MergedRepository[] {
  for (const { manifest } of answers) checkBinding(manifest, request);
  return request.manifest.repositories.map((record, at) => {
    const reading = readRepository(record, (name) => request.read(name), null, now * 1000);
    const read = answers.map((answer) => {
      const said = answer.manifest.repositories[at];
      if (!said) throw new Error('a bound response lacks a repository');
      return readRepositoryResponse(reading, said, (name) => answer.read(name));
    });
    return mergeResponses(reading, read);
  });
}
