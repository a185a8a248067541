import { archiveOf, openBundle, type Bundle } from '../bundle/bundle.ts';
import type { CombinedManifest, RepositoryResponse, ResponseManifest } from '../bundle/manifest.ts';
import { openParts } from '../bundle/parts.ts';
import { encodeSeal } from '../bundle/seal.ts';
import type { SealedManifest } from '../bundle/sealed-manifest.ts';
import { toBase64 } from '../encoding/text.ts';
import { CountersignError, refused } from '../errors.ts';
import { repositoryKey, type ExchangeEvent } from '../station/ledger/events.ts';
import { fileSource } from '../station/files/file-source.ts';
import type { Home } from '../station/home/home.ts';
import { withCopy } from '../station/files/incoming.ts';
import { marksOf } from '../station/ledger/marks.ts';
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
 * Reads the response that was sealed by this station's own transport key, alone or out of a combined bundle, whoever
 * combined it: what it says of itself is then believed as the ledger is.
 *
 * @throws BUNDLE-*, SEAL-*; SEAL-STRANGER where there is none
 */
export async function readOwnResponse(home: Home, file: string): Promise<OwnResponse> {
  return withCopy(file, home, false, async ({ path }) => {
    const bundle = await openAny(home, path, file);
    const read = (name: string): Uint8Array => bundle.read(name);
    const { manifest } = bundle;
    const answers = manifest.kind === 'combined' ? await openParts(manifest, read) : [bundle];
    const own = answers.find(({ sealedBy }) => sealedBy === home.identity);
    if (!own) throw stranger(home, answers.map(({ sealedBy }) => sealedBy).join(' '), file);
    const response = own as SealedManifest<ResponseManifest>;
    const files = response.manifest.files.map(({ name }) => ({ name, content: read(name) }));
    const contents = new Map(files.map(({ name, content }) => [name, content]));
    return {
      file,
      digest: response.digest,
      manifest: response.manifest,
      bytes: Buffer.concat([...archiveOf(response.manifestBytes, encodeSeal(response.seal), files)]),
      read: (name) => contents.get(name) ?? read(name),
    };
  });
}

async function openAny(
  home: Home,
  path: string,
  file: string,
): Promise<Bundle<ResponseManifest | CombinedManifest>> {
  const sealers: string[] = [];
  try {
    return await openBundle(fileSource(path), {
      kinds: ['response', 'combined'],
      trust: (identity) => {
        sealers.push(identity);
      },
    });
  } catch (error) {
    // Most likely a request: whoever sealed it, it says nothing of this station.
    const [sealer = home.identity] = sealers;
    const isSeal = error instanceof CountersignError && error.check === 'SEAL-SIGNATURE';
    if (isSeal && sealer !== home.identity) throw stranger(home, sealer, file);
    throw error;
  }
}

function stranger(home: Home, found: string, where: string): Error {
  return refused('SEAL-STRANGER', 'the response was sealed by another station: it says nothing of this one', {
    expected: home.identity,
    found,
    where,
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
