import { readFileSync } from 'node:fs';
import { openBundle } from '../bundle/bundle.ts';
import type { RepositoryResponse, ResponseManifest } from '../bundle/manifest.ts';
import { toBase64 } from '../encoding/text.ts';
import { refused } from '../errors.ts';
import { repositoryKey, type ExchangeEvent } from '../station/events.ts';
import { fileSource } from '../station/file-source.ts';
import type { Home } from '../station/home.ts';
import { withCopy } from '../station/incoming.ts';
import { marksOf } from '../station/marks.ts';
import type { OfflineStation } from './station.ts';

/** A response that this station sealed, read back from outside. */
export interface OwnResponse {
  readonly file: string;
  readonly digest: string;
  readonly manifest: ResponseManifest;
  /** The whole bundle, to be kept in the home again. */
  readonly bytes: Uint8Array;
  readonly read: (name: string) => Uint8Array;
}

/**
 * Reads a response that was sealed by this station's own transport key: what it says of itself is then believed as
 * the ledger is.
 *
 * @throws BUNDLE-*, SEAL-*; SEAL-STRANGER for another station's response
 */
export async function readOwnResponse(home: Home, file: string): Promise<OwnResponse> {
  return withCopy(file, home, false, async ({ path }) => {
    const bytes = readFileSync(path);
    const bundle = await openBundle<ResponseManifest>(fileSource(path), {
      kinds: ['response'],
      trust: (identity) => {
        if (identity === home.identity) return;
        throw refused(
          'SEAL-STRANGER',
          'the response was sealed by another station: it says nothing of this one',
          {
            expected: home.identity,
            found: identity,
            where: file,
          },
        );
      },
    });
    const { digest, manifest } = bundle;
    const files = new Map(manifest.files.map(({ name }) => [name, bundle.read(name)]));
    return { file, digest, manifest, bytes, read: (name) => files.get(name) ?? bundle.read(name) };
  });
}

/**
 * What the ledger said of a response, as far as the response itself says it: fills, signed versions and signatures,
 * the sequence that was accepted, the versions that were seen, and that the request is answered.
 */
export function eventsOf(station: OfflineStation, response: OwnResponse): ExchangeEvent[] {
  const { manifest, digest } = response;
  const request = manifest.request.digest;
  return [
    ...manifest.repositories.flatMap((repository) => repositoryEvents(station, response, repository)),
    {
      event: 'sealed',
      data: { request, response: digest, sequence: manifest.sequence, to: manifest.to.key },
    },
    { event: 'released', data: { request, response: digest } },
  ];
}

function repositoryEvents(
  station: OfflineStation,
  { manifest, read }: OwnResponse,
  record: RepositoryResponse,
): ExchangeEvent[] {
  const repository = repositoryKey(record);
  const { digest: request, sequence } = manifest.request;
  const from = manifest.to.key;
  const declined = record.roles.length > 0 && record.roles.every(({ outcome }) => outcome === 'refused');
  const heard = marksOf(station.marks, repository).sequences.get(from) ?? 0;
  return [
    ...(declined || sequence <= heard
      ? []
      : [{ event: 'accepted', data: { request, repository, from, sequence } } as const]),
    ...record.fills.map(({ slot, kind, keyid, value }): ExchangeEvent => ({
      event: 'fill',
      data: { request, repository, slot, kind, keyid, value: toBase64(read(value)) },
    })),
    ...record.roles.flatMap(({ role, version, payload, signatures }) =>
      signatures.flatMap(({ keyid: key, value: signature }): ExchangeEvent[] => [
        ...binding(station, repository, role, key),
        { event: 'intent', data: { request, repository, role, version, payload: payload ?? '', key } },
        { event: 'outcome', data: { request, repository, role, key, signature } },
      ]),
    ),
    ...floors(record).map(([role, seen, signed]): ExchangeEvent => ({
      event: 'recovered-floor',
      data: { repository, role, seen, signed },
    })),
  ];
}

/** A key that signed for a repository serves no other (M5); a root key's certificate has an ID of its own. */
function binding(station: OfflineStation, repository: string, role: string, keyid: string): ExchangeEvent[] {
  const key = station.keys.keys.get(keyid);
  if (role === 'root' || key?.repository !== null) return [];
  return [{ event: 'bound', data: { key: keyid, repository } }];
}

/** Role, version seen, version signed, as the station said in its answer; the pinned root is one that was seen. */
function floors({ marks }: RepositoryResponse): [string, number, number][] {
  const roles = new Map(marks.roles.map(({ role, seen, signed }) => [role, { seen, signed }]));
  const root = roles.get('root') ?? { seen: 0, signed: 0 };
  roles.set('root', { ...root, seen: Math.max(root.seen, marks.pinned) });
  return [...roles]
    .filter(([, { seen, signed }]) => Math.max(seen, signed) > 0)
    .map(([role, { seen, signed }]) => [role, seen, signed]);
}
