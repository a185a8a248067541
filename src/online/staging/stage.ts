import type { Change, AddChange } from '../../change/change.ts';
import type { Json } from '../../encoding/json.ts';
import { usage } from '../../errors.ts';
import { checkCustom } from '../../metadata/custom.ts';
import { dialectOf } from '../../metadata/dialects.ts';
import { customMember } from '../../metadata/target-entries.ts';
import { keepEvidence, stage, stagedChanges, unstage } from './staged.ts';
import { sweepKeptFiles } from './kept-files.ts';
import type { RepositoryEntry } from '../repositories/place.ts';
import { repositories, repositoryNamed } from '../repositories/repositories.ts';
import type { OnlineStation } from '../station.ts';
import type { RoleOf } from './target-roles.ts';

/** Docker reads manifests up to four mebibytes; a target may be anything up to what JSON numbers hold. */
const MAX_LENGTH = Number.MAX_SAFE_INTEGER;

/** A target as somebody typed it, or a list gave it. */
export interface TargetInput {
  readonly name: string;
  /** Decimal digits. */
  readonly length: string;
  readonly sha256: string;
  readonly sha512?: string | undefined;
  readonly roles: readonly string[];
  /** null: none; undefined: what is said of the target now, while its content stays. */
  readonly custom?: Json | undefined;
}

/**
 * The changes that add one target to its roles, checked as the stock tools would break on them.
 *
 * @param roleOf where a target belongs for which no role is named
 * @throws CHANGE-LENGTH, CHANGE-HASH (exit 2), NAME-TARGET, NAME-ROLE, CHANGE-CUSTOM (exit 3)
 */
export function addChanges(
  entry: RepositoryEntry,
  input: TargetInput,
  evidence: string | null,
  roleOf: RoleOf = () => 'targets',
): AddChange[] {
  const dialect = dialectOf(entry.dialect);
  dialect.checkTarget(input.name);
  if (!/^(?:0|[1-9][0-9]*)$/.test(input.length) || Number(input.length) > MAX_LENGTH)
    throw usage('CHANGE-LENGTH', 'a length is a decimal number of bytes', {
      found: input.length,
      where: input.name,
    });
  const sha256 = digits('sha256', input.sha256, 64, input.name);
  const hashes =
    input.sha512 === undefined
      ? { sha256 }
      : { sha256, sha512: digits('sha512', input.sha512, 128, input.name) };
  const { custom } = input;
  if (custom !== undefined && custom !== null) checkCustom(dialect, custom, input.name);
  const roles = input.roles.length > 0 ? [...new Set(input.roles)] : [roleOf(input.name)];
  return roles.map((role) => {
    dialect.checkTargetsRole(role);
    return {
      ...{ type: 'add', role, name: input.name, length: Number(input.length), hashes, evidence },
      ...customMember(custom),
    };
  });
}

function digits(algorithm: string, text: string, count: number, where: string): string {
  const hex = text.toLowerCase();
  if (hex.length !== count || !/^[0-9a-f]+$/.test(hex))
    throw usage('CHANGE-HASH', `a ${algorithm} is ${String(count)} hex digits`, {
      found: text.slice(0, 140),
      where,
    });
  return hex;
}

/** Changes that remove a target from its roles. */
export function removeChanges(
  entry: RepositoryEntry,
  name: string,
  roles: readonly string[],
  roleOf: RoleOf = () => 'targets',
): Extract<Change, { readonly type: 'remove' }>[] {
  const dialect = dialectOf(entry.dialect);
  dialect.checkTarget(name);
  return (roles.length > 0 ? [...new Set(roles)] : [roleOf(name)]).map((role) => {
    dialect.checkTargetsRole(role);
    return { type: 'remove', role, name };
  });
}

/** Stages changes for one repository and says how many are staged now. */
export function stageChanges(station: OnlineStation, name: string, changes: readonly Change[]): number {
  const entry = repositoryNamed(station.home, name);
  return stage(station.home, entry, changes, station.outbox.batches);
}

/** Keeps a manifest beside the change that names it. */
export function keepManifest(station: OnlineStation, bytes: Uint8Array): string {
  return keepEvidence(station.home, bytes);
}

/** What is staged, of one repository or all. */
export function stagedByRepository(
  station: OnlineStation,
  name: string | undefined,
): { name: string; dialect: string; changes: readonly Change[] }[] {
  const entries = name === undefined ? repositories(station.home) : [repositoryNamed(station.home, name)];
  return entries.map((entry) => ({
    name: entry.name,
    dialect: entry.dialect,
    changes: stagedChanges(station.home, entry, station.outbox.batches).changes,
  }));
}

/** Forgets what is staged for a repository; exported requests stay as they are. */
export function reset(station: OnlineStation, name: string): number {
  const entry = repositoryNamed(station.home, name);
  const { changes } = stagedChanges(station.home, entry, station.outbox.batches);
  unstage(station.home, entry);
  sweepKeptFiles(station, entry);
  return changes.length;
}

/** An exported request as people look at it. */
export interface RequestState {
  readonly digest: string;
  readonly id: string;
  readonly sequence: number;
  readonly time: string;
  readonly repositories: readonly { readonly name: string; readonly state: string }[];
}

/** Requests that were exported, with what became of each repository. */
export function outstandingRequests(station: OnlineStation): RequestState[] {
  return [...station.outbox.requests.values()].map(
    ({ digest, id, sequence, time, repositories: states }) => ({
      digest,
      id,
      sequence,
      time,
      repositories: [...states].map(([key, state]) => ({ name: key.slice(key.indexOf(':') + 1), state })),
    }),
  );
}
