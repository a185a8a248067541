import { usage } from '../../errors.ts';
import { isLoopback } from '../transport/loopback.ts';

/** An image reference with everything said: `HOST[:PORT]/PATH:TAG[@DIGEST]`. */
export interface ImageReference {
  readonly host: string;
  /** Repository within the registry. */
  readonly path: string;
  readonly tag: string;
  /** SHA-256, 64 hex digits, where the reference names one. */
  readonly sha256: string | null;
}

const HOST = '(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9-]+)+|\\[[0-9a-f:.]+\\])';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^(${HOST}(?::[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5})/(${COMPONENT}(?:/${COMPONENT})*):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})(?:@sha256:([0-9a-f]{64}))?$`,
);

/**
 * Reads a reference (the grammar of Docker's references). Nothing is filled in: what is signed is said in full.
 *
 * @throws CountersignError REGISTRY-REFERENCE (exit 2) for any other form
 */
export function parseReference(text: string): ImageReference {
  const [, host, path, tag, sha256] = REFERENCE.exec(text.slice(0, 600)) ?? [];
  if (host === undefined || path === undefined || tag === undefined || path.length + host.length > 254)
    throw usage('REGISTRY-REFERENCE', 'not a full image reference', {
      expected: 'HOST[:PORT]/PATH:TAG[@sha256:DIGEST]',
      found: text.slice(0, 300),
      hint: 'write host and tag, for example docker.io/library/alpine:3.19',
    });
  return { host, path, tag, sha256: sha256 ?? null };
}

/** Addresses to try, in order: TLS first, and without it only on this machine. */
export function originsOf({ host }: ImageReference): readonly string[] {
  const address = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const plain = `http://${address}`;
  return [`https://${address}`, ...(isLoopback(plain) ? [plain] : [])].map(
    (origin) => new URL(origin).origin,
  );
}
