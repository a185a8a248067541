import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64 } from '../../encoding/text.ts';
import { usage } from '../../errors.ts';
import type { Credential, Environment } from './credential.ts';
import { askHelper } from './credential-helper.ts';
import { dockerFolder } from './docker-settings.ts';

/**
 * `NOTARY_AUTH`, base64 of `user:password`, as the notary client takes it; null where it is not set.
 *
 * @throws CountersignError CREDENTIALS-NOTARY-AUTH (exit 2) where it is not of that form
 */
export function notaryCredential(environment: Environment): Credential | null {
  const text = environment['NOTARY_AUTH'];
  if (text === undefined || text === '') return null;
  const pair = splitPair(text);
  if (pair === null)
    throw usage('CREDENTIALS-NOTARY-AUTH', 'NOTARY_AUTH is not base64 of user:password', {
      hint: "set it to the output of: printf '%s' 'user:password' | base64",
    });
  return pair;
}

/**
 * What `docker login` stored for a registry host: `credHelpers`, `credsStore` or `auths` of Docker's config.json
 * (`DOCKER_CONFIG`, else ~/.docker); null where there is nothing.
 *
 * @throws CountersignError CREDENTIALS-DOCKER (exit 2) for a configuration that cannot be read, and
 *   CREDENTIALS-HELPER (exit 6) for a helper program that fails
 */
export async function dockerCredential(host: string, environment: Environment): Promise<Credential | null> {
  const config = await readConfig(join(dockerFolder(environment), 'config.json'));
  if (config === null) return null;
  const address = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  const helper = member(member(config, 'credHelpers'), address) ?? member(config, 'credsStore');
  if (typeof helper === 'string' && helper !== '') {
    const found = await askHelper(helper, address, environment);
    if (found !== null) return found;
  }
  return storedCredential(member(config, 'auths'), address);
}

async function readConfig(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw usage('CREDENTIALS-DOCKER', "Docker's configuration cannot be read", { where: file, cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the file, and the file holds secrets.
    throw usage('CREDENTIALS-DOCKER', "Docker's configuration is not JSON", { where: file });
  }
}

function storedCredential(auths: unknown, address: string): Credential | null {
  if (typeof auths !== 'object' || auths === null) return null;
  const name = Object.keys(auths).find((key) => key === address || hostOf(key) === hostOf(address));
  const entry = name === undefined ? undefined : member(auths, name);
  const refresh = member(entry, 'identitytoken');
  if (typeof refresh === 'string' && refresh !== '') return { kind: 'refresh-token', token: refresh };
  const pair = member(entry, 'auth');
  if (typeof pair === 'string' && pair !== '') return splitPair(pair);
  const [username, password] = [member(entry, 'username'), member(entry, 'password')];
  if (typeof username === 'string' && typeof password === 'string' && username !== '')
    return { kind: 'password', username, password };
  return null;
}

/** Host of an `auths` key, which may be written as a URL. */
function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

function splitPair(text: string): Credential | null {
  let pair: string;
  try {
    pair = fromBase64(text.trim()).toString('utf8');
  } catch {
    return null;
  }
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  return { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1).trimEnd() };
}

/** A member of a value that may be anything. */
function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
