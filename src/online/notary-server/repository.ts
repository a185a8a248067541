import { unavailable, usage } from '../../errors.ts';
import type { Access } from '../credentials/access.ts';
import type { AuthorizedClient } from '../credentials/authorization.ts';
import type { HttpAnswer } from '../transport/exchange.ts';
import { LIMITS, listedByHash, type HashStore } from '../repositories/store.ts';
import { requireBytes, requireDigest, requireVersion } from '../repositories/stored-bytes.ts';
import type { InTurn } from './in-turn.ts';
import { uploadForm } from './multipart.ts';
import { roleName, trustPath } from './paths.ts';
import { readFailure, readServerError, uploadFailure } from './server-error.ts';

const CHECKS = {
  hash: 'SERVER-HASH',
  version: 'SERVER-VERSION-NUMBER',
  otherBytes: 'the trust server serves other bytes than its name for them says',
};

/**
 * One repository of a trust server, as the HTTP API of notary-server 0.7 offers it.
 *
 * @param keysInTurn shared by the repositories of one server: asking for a key may make it, and a server with the
 *   in-process trust service dies ("concurrent map writes") where it makes two at once
 */
export function notaryStore(
  client: AuthorizedClient,
  origin: string,
  gun: string,
  keysInTurn: InTurn,
): HashStore {
  const base = trustPath(gun);
  const where = `${gun} at ${origin}`;
  const reading: Access = { repository: gun, actions: 'pull' };
  const writing: Access = { repository: gun, actions: 'push,pull' };

  const get = (file: string, access: Access, limit: number): Promise<HttpAnswer> =>
    // A cache in between may hold a file for days that the server has replaced.
    client.send(
      { method: 'GET', origin, path: base + file, limit, headers: { 'cache-control': 'no-cache' } },
      access,
    );

  const fileOf = (answer: HttpAnswer): Uint8Array | null => {
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw readFailure(answer, where);
    const encoding = answer.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      throw unavailable('SERVER-ENCODING', 'the file comes in an encoding that nobody asked for', {
        found: encoding.slice(0, 100),
        where,
      });
    return answer.body;
  };

  /** SQL stores answer 500 UNKNOWN for a role that the snapshot does not list, where others say 404. */
  const isUnlisted = async (role: string): Promise<boolean> => {
    const snapshot = fileOf(await get('snapshot.json', reading, LIMITS.file));
    return snapshot !== null && !listsRole(snapshot, role);
  };

  const byHash: HashStore['byHash'] = async (role, sha256hex, length) => {
    requireDigest(CHECKS, sha256hex);
    const limit = Math.min(length ?? LIMITS.file, LIMITS.file);
    const bytes = fileOf(await get(`${roleName(role)}.${sha256hex}.json`, reading, limit));
    return requireBytes(CHECKS, bytes, sha256hex, `${role} of ${where}`);
  };

  return {
    signsSnapshot: true,
    async current(role) {
      const limit = role === 'timestamp' ? LIMITS.timestamp : LIMITS.file;
      const answer = await get(`${roleName(role)}.json`, reading, limit);
      const unknown = answer.status === 500 && readServerError(answer.body).code === 'UNKNOWN';
      if (unknown && role.startsWith('targets/') && (await isUnlisted(role))) return null;
      return fileOf(answer);
    },
    byHash,
    listed: listedByHash(byHash),
    async rootVersion(version) {
      requireVersion(CHECKS, version);
      return fileOf(await get(`${String(version)}.root.json`, reading, LIMITS.file));
    },
    async serverKey(role) {
      return keysInTurn(async () => fileOf(await get(`${role}.key`, writing, LIMITS.key)));
    },
    newServerKey: (role) =>
      keysInTurn(async () => {
        const everything: Access = { repository: gun, actions: '*' };
        await client.prepare(everything);
        const path = `${base}${role}.key`;
        const answer = await client.send({ method: 'POST', origin, path, limit: LIMITS.key }, everything);
        if (answer.status < 200 || answer.status > 299) throw readFailure(answer, where);
        return answer.body;
      }),
    async publish(files) {
      if (files.has('timestamp'))
        throw usage('SERVER-ROLE', 'a trust server signs its timestamp itself', { where });
      const { contentType, body } = uploadForm(
        new Map([...files].map(([role, bytes]) => [roleName(role), bytes])),
      );
      await client.prepare(writing);
      const headers = { 'content-type': contentType };
      const answer = await client.send(
        { method: 'POST', origin, path: base, headers, body, upload: true, limit: 65_536 },
        writing,
      );
      if (answer.status < 200 || answer.status > 299) throw uploadFailure(answer, where);
    },
    async remove() {
      const everything: Access = { repository: gun, actions: '*' };
      await client.prepare(everything);
      const answer = await client.send({ method: 'DELETE', origin, path: base, limit: 65_536 }, everything);
      if (answer.status < 200 || answer.status > 299) throw readFailure(answer, where);
    },
    describe: () => `trust server ${origin}`,
  };
}

/** Whether a snapshot names the role; one that cannot be read names everything, so that an error stays an error. */
function listsRole(snapshot: Uint8Array, role: string): boolean {
  try {
    const parsed = JSON.parse(Buffer.from(snapshot).toString('utf8')) as { signed?: { meta?: object } };
    return Object.hasOwn(parsed.signed?.meta ?? { [role]: null }, role);
  } catch {
    return true;
  }
}
