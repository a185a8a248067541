import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../change/change.ts';
import { recordBytes } from '../../encoding/canonical-json.ts';
import { sha256Hex } from '../../encoding/hash.ts';
import type { Json } from '../../encoding/json.ts';
import { parseCanonicalJson } from '../../encoding/strict-json.ts';
import { toUtf8 } from '../../encoding/text.ts';
import { refused } from '../../errors.ts';
import { createDurably, removeDurably, replaceDurably } from '../../station/files/durable.ts';
import { repositoryKey } from '../../station/ledger/events.ts';
import type { Home } from '../../station/home/home.ts';

/** Changes of one repository that wait for export. */
export interface StagedChanges {
  /** Digests of requests whose changes were put back into this list. */
  readonly restored: readonly string[];
  /** Names this list: an export that took it away says so under this name, and a kill in between loses nothing. */
  readonly batch: string;
  readonly changes: readonly Change[];
}

/** Whose changes they are. */
export interface StagedFor {
  readonly dialect: string;
  readonly name: string;
}

function pathOf(home: Home, repository: StagedFor): string {
  return join(home.dir, 'staged', `${sha256Hex(toUtf8(repositoryKey(repository)))}.jsonl`);
}

/**
 * The staged changes of a repository; empty if there are none, or if an export has taken them.
 *
 * @param exported batches that exported requests hold
 */
export function stagedChanges(
  home: Home,
  repository: StagedFor,
  exported: ReadonlySet<string>,
): StagedChanges {
  const path = pathOf(home, repository);
  if (!existsSync(path)) return newList();
  const lines = readFileSync(path).toString('utf8').split('\n');
  if (lines.pop() !== '') throw damaged(repository);
  // read at once: a hundred thousand lines take several times as long one by one
  const records = parseCanonicalJson(toUtf8(`[${lines.join(',')}]`)) as readonly unknown[];
  if (records.length !== lines.length) throw damaged(repository);
  const [head, ...changes] = records;
  const { batch, restored } = (head ?? {}) as Partial<StagedChanges>;
  if (typeof batch !== 'string' || !Array.isArray(restored)) throw damaged(repository);
  if (exported.has(batch)) return newList();
  return { batch, restored: restored as string[], changes: changes as Change[] };
}

function newList(): StagedChanges {
  return { batch: randomBytes(16).toString('hex'), restored: [], changes: [] };
}

function damaged(repository: StagedFor): Error {
  return refused('STAGED-DAMAGED', 'the list of staged changes is damaged', {
    where: repository.name,
    hint: 'countersign reset forgets it',
  });
}

/** Adds changes, all of them or none, after what was staged before; says how many are staged now. */
export function stage(
  home: Home,
  repository: StagedFor,
  added: readonly Change[],
  exported: ReadonlySet<string>,
): number {
  const list = stagedChanges(home, repository, exported);
  const changes = [...list.changes, ...added];
  writeStaged(home, repository, { ...list, changes });
  return changes.length;
}

/** A list with the changes of a request put back, before those that were staged since; once only for each request. */
export function withRestored(
  list: StagedChanges,
  changes: readonly Change[],
  request: string,
): StagedChanges {
  if (list.restored.includes(request)) return list;
  return {
    ...list,
    restored: [...list.restored, request],
    changes: [...changes, ...list.changes],
  };
}

/** Makes a list the staged changes of a repository. */
export function writeStaged(
  home: Home,
  repository: StagedFor,
  { batch, restored, changes }: StagedChanges,
): void {
  const lines = [{ batch, restored }, ...changes].map(
    (line) => `${recordBytes(line as unknown as Json).toString('utf8')}\n`,
  );
  mkdirSync(join(home.dir, 'staged'), { recursive: true, mode: 0o700 });
  replaceDurably(pathOf(home, repository), toUtf8(lines.join('')));
}

/** Forgets what is staged for a repository. */
export function unstage(home: Home, repository: StagedFor): void {
  removeDurably(pathOf(home, repository));
}

/** Keeps a manifest that travels with a change, under its SHA-256. */
export function keepEvidence(home: Home, bytes: Uint8Array): string {
  const digest = sha256Hex(bytes);
  const folder = join(home.dir, 'evidence');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!readdirSync(folder).includes(digest)) createDurably(join(folder, digest), bytes);
  return digest;
}

/** Manifests behind the changes, by SHA-256. */
export function evidenceOf(home: Home, changes: readonly Change[]): ReadonlyMap<string, Uint8Array> {
  const digests = changes.flatMap((change) =>
    change.type === 'add' && change.evidence ? [change.evidence] : [],
  );
  return new Map(digests.map((digest) => [digest, readFileSync(join(home.dir, 'evidence', digest))]));
}
