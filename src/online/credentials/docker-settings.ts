import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { usage } from '../../errors.ts';
import { readAuthority } from '../transport/authority-file.ts';
import type { ClientFiles } from '../transport/client-certificate.ts';
import type { Environment } from './credential.ts';

const SERVER = 'DOCKER_CONTENT_TRUST_SERVER';

/** The folder of Docker's settings: `DOCKER_CONFIG`, else ~/.docker. */
export function dockerFolder(environment: Environment): string {
  return environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker');
}

/**
 * The trust server that Docker's users have set; null where they have not.
 *
 * @throws CountersignError SERVER-URL (exit 2) where it is not https, which Docker refuses too
 */
export function dockerTrustServer(environment: Environment): string | null {
  const url = environment[SERVER];
  if (url === undefined || url === '') return null;
  if (URL.canParse(url) && new URL(url).protocol === 'https:') return url;
  throw usage('SERVER-URL', 'the variable with the trust server holds no https address', {
    expected: 'https://HOST[:PORT]',
    found: url.slice(0, 300),
    where: SERVER,
    hint: 'set it right, or give --server URL',
  });
}

/** The trust server that Docker asks of its own accord: the registry's host, or Docker's own for its registry. */
export function usualTrustServer(repository: string): string {
  const host = repository.split('/')[0] ?? '';
  return host === 'docker.io' ? 'https://notary.docker.io' : `https://${host}`;
}

/**
 * The authorities that Docker's users keep for a server: every `tls/HOST:PORT/*.crt` below Docker's folder, as one
 * PEM text; null where there is none.
 *
 * @throws CountersignError AUTHORITY-FILE (exit 2)
 */
export function dockerAuthority(url: string, environment: Environment): string | null {
  const files = filesFor(url, environment).filter((path) => path.endsWith('.crt'));
  if (files.length === 0) return null;
  return files.map((path) => `${readAuthority(path).trimEnd()}\n`).join('');
}

/**
 * The certificate by which Docker's client is let in by a server: the first `tls/HOST:PORT/NAME.cert` below Docker's
 * folder, and `NAME.key` beside it, which Docker too demands; null where there is none.
 */
export function dockerClientFiles(url: string, environment: Environment): ClientFiles | null {
  const certificate = filesFor(url, environment).find((path) => path.endsWith('.cert'));
  return certificate === undefined
    ? null
    : { certificate, key: `${certificate.slice(0, -'.cert'.length)}.key` };
}

/** What Docker's users keep for a server, in order; absolute. */
function filesFor(url: string, environment: Environment): string[] {
  if (!URL.canParse(url)) return [];
  const folder = resolve(dockerFolder(environment), 'tls', new URL(url).host);
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw usage('AUTHORITY-FILE', "the folder of a server's certificates cannot be read", {
      where: folder,
      cause,
    });
  }
}
