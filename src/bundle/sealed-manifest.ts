import { sha256Hex } from '../encoding/hash.ts';
import { isObject, type Json } from '../encoding/json.ts';
import { checkShape } from '../encoding/schema.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { refused } from '../errors.ts';
import { checkManifest } from './check-manifest.ts';
import { FORMAT, type Kind, type Manifest } from './manifest.ts';
import { decodeSeal, identityOf, verifySeal, type Seal } from './seal.ts';

/** A manifest whose seal was verified over its raw bytes before it was parsed. */
export interface SealedManifest<M extends Manifest = Manifest> {
  readonly kind: Kind;
  /** SHA-256 of the manifest's bytes. */
  readonly digest: string;
  readonly manifest: M;
  readonly manifestBytes: Uint8Array;
  readonly seal: Seal;
  /** Identity of the station that sealed it. */
  readonly sealedBy: string;
}

/** Refuses a sealing key that is not trusted. */
export type Trust = (identity: string, publicKey: Uint8Array) => void;

/**
 * Verifies the seal, then parses, then checks what the schema and {@link checkManifest} ask (R5).
 *
 * @param kinds what the reader expects; the seal's payload type follows from it, never from the file
 * @throws SEAL-*, BUNDLE-MANIFEST, BUNDLE-FORMAT, BUNDLE-KIND, REQUEST-SCHEMA, RESPONSE-SCHEMA, COMBINED-SCHEMA and
 * as {@link checkManifest}
 */
export async function openManifest(
  kinds: readonly Kind[],
  manifestBytes: Uint8Array,
  sealBytes: Uint8Array,
  trust?: Trust,
): Promise<SealedManifest> {
  const seal = decodeSeal(sealBytes);
  const sealedBy = identityOf(seal.publicKey);
  trust?.(sealedBy, seal.publicKey);
  const kind = await sealedKind(kinds, manifestBytes, seal);
  const manifest = readManifest(kind, manifestBytes);
  if (manifest.from.key !== sealedBy)
    throw refused('SEAL-SENDER', 'the bundle is sealed by another station than the one that it names', {
      expected: manifest.from.key,
      found: sealedBy,
    });
  return { kind, digest: sha256Hex(manifestBytes), manifest, manifestBytes, seal, sealedBy };
}

/** The kind, of those expected, under which the seal verifies; if none, the refusal of the first. */
async function sealedKind(kinds: readonly Kind[], manifest: Uint8Array, seal: Seal): Promise<Kind> {
  let fault: unknown;
  for (const kind of kinds) {
    try {
      await verifySeal(kind, manifest, seal);
      return kind;
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault;
}

function readManifest(kind: Kind, bytes: Uint8Array): Manifest {
  let value: Json;
  try {
    value = parseCanonicalJson(bytes);
  } catch (cause) {
    throw refused('BUNDLE-MANIFEST', 'the manifest is not canonical JSON', { cause });
  }
  if (!isObject(value) || value['format'] !== FORMAT)
    throw refused('BUNDLE-FORMAT', 'the manifest is of no format version that this program reads', {
      expected: FORMAT,
      hint: 'if the sender runs a newer version, update this station',
    });
  if (value['kind'] !== kind)
    throw refused('BUNDLE-KIND', 'the manifest is of another kind than its seal', { expected: kind });
  checkShape(kind, value);
  const manifest = value as unknown as Manifest;
  checkManifest(manifest);
  return manifest;
}
