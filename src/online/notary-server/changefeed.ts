import { isObject, type Json, type JsonObject } from '../../encoding/json.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { CountersignError, unavailable, usage } from '../../errors.ts';
import { WHOLE_SERVER, type Access } from '../credentials/access.ts';
import type { AuthorizedClient } from '../credentials/authorization.ts';
import { readFailure } from './server-error.ts';
import { changefeedPath } from './paths.ts';

/** Which part of a feed is asked for. */
export interface ChangesQuery {
  /** ID of a record: what came after it, the oldest first; null for the newest records. */
  readonly since: string | null;
  /** At most so many. */
  readonly records: number;
}

/** One change that a trust server recorded: a timestamp that it signed, or a repository that was deleted. */
export interface RecordedChange {
  readonly id: string;
  /** As the server says, RFC 3339. */
  readonly time: string;
  readonly repository: string;
  readonly category: 'update' | 'deletion';
  /** Of the timestamp; 0 for a deletion. */
  readonly version: number;
  /** Of the timestamp's file, hex; null for a deletion. */
  readonly sha256: string | null;
}

/** Most records that one answer may hold. */
const MAX_RECORDS = 1_000;
/** Room for one record, and for what stands around them, in bytes. */
const RECORD = 4_096;
const ID = /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads the change feed of notary-server 0.7, oldest record first. What it says is the server's word alone, signed
 * by nobody.
 *
 * @param gun null for all repositories of the server
 * @throws CHANGES-SINCE, CHANGES-RECORDS (exit 2), SERVER-CHANGES (exit 6) for an answer that is not of the form
 */
export async function readChangefeed(
  client: AuthorizedClient,
  origin: string,
  gun: string | null,
  { since, records }: ChangesQuery,
): Promise<RecordedChange[]> {
  if (!Number.isInteger(records) || records < 1 || records > MAX_RECORDS)
    throw usage('CHANGES-RECORDS', 'not a number of records', {
      expected: `1 to ${String(MAX_RECORDS)}`,
      found: String(records),
    });
  if (since !== null && !ID.test(since))
    throw usage('CHANGES-SINCE', 'not the ID of a record', { found: since.slice(0, 100) });
  // Without an ID the memory store dies of a negative number; -1 is "from the newest" to every store.
  const query =
    since === null
      ? `records=-${String(records)}&change_id=-1`
      : `records=${String(records)}&change_id=${since}`;
  const access: Access = gun === null ? WHOLE_SERVER : { repository: gun, actions: 'pull' };
  const path = `${changefeedPath(gun)}?${query}`;
  const limit = (records + 1) * RECORD;
  const headers = { 'cache-control': 'no-cache' };
  const answer = await client.send({ method: 'GET', origin, path, limit, headers }, access);
  const where = `${gun ?? 'all repositories'} at ${origin}`;
  if (answer.status !== 200) throw readFailure(answer, where);
  return readRecords(answer.body, gun, records, where);
}

function readRecords(body: Uint8Array, gun: string | null, most: number, where: string): RecordedChange[] {
  const value = parsed(body, where);
  // Go writes null for an empty list.
  const list = isObject(value) ? (value['records'] ?? []) : null;
  if (!Array.isArray(list)) throw malformed(where, 'no list of records');
  if (list.length > most) throw malformed(where, `${String(list.length)} records instead of ${String(most)}`);
  if (isObject(value) && value['count'] !== list.length) throw malformed(where, 'a count of other records');
  const changes = (list as Json[]).map((record) => readRecord(record, where));
  if (new Set(changes.map(({ id }) => id)).size < changes.length) throw malformed(where, 'an ID twice');
  const stranger = gun === null ? undefined : changes.find(({ repository }) => repository !== gun);
  if (stranger) throw malformed(where, `a record of ${stranger.repository.slice(0, 300)}`);
  return changes;
}

function parsed(body: Uint8Array, where: string): Json {
  try {
    return parseStrictJson(body);
  } catch (cause) {
    throw malformed(where, cause instanceof CountersignError ? cause.message : 'no JSON');
  }
}

function readRecord(record: Json, where: string): RecordedChange {
  if (!isObject(record)) throw malformed(where, 'a record that is not an object');
  const id = textOf(record, 'ID', ID, where);
  const time = textOf(record, 'CreatedAt', TIME, where);
  const repository = textOf(record, 'GUN', /^[^*]{1,1000}$/u, where);
  const category = textOf(record, 'Category', /^(?:update|deletion)$/, where);
  const version = record['Version'];
  if (typeof version !== 'number' || version < 0) throw malformed(where, 'a version that is not a number');
  if (category === 'deletion') return { id, time, repository, category, version, sha256: null };
  const sha256 = textOf(record, 'SHA256', /^[0-9a-f]{64}$/, where);
  return { id, time, repository, category: 'update', version, sha256 };
}

function textOf(record: JsonObject, member: string, form: RegExp, where: string): string {
  const value = record[member];
  if (typeof value === 'string' && form.test(value)) return value;
  const found = typeof value === 'string' ? value.slice(0, 200) : typeof value;
  throw malformed(where, `a record whose ${member} is ${found}`);
}

function malformed(where: string, found: string): Error {
  return unavailable('SERVER-CHANGES', 'the change feed cannot be read', {
    expected: 'the records that were asked for',
    found,
    where,
  });
}
