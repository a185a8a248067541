import { isDelegated } from '../metadata/roles.ts';
import { mergeResponses, withSignatures, type MergedRepository } from '../exchange/merge-responses.ts';
import { trackRole, type TrackedRole } from '../exchange/tracker.ts';
import type { Signature } from '../metadata/document.ts';
import { repositoryKey } from '../station/ledger/events.ts';
import type { OwnSignature } from '../station/keys/own-signatures.ts';
import type { Examination, RepositoryExamination } from './examination.ts';
import type { Partials } from './partials.ts';
import type { OfflineStation } from './station.ts';

/** Where the signatures of one repository stand after this station's. */
export interface TrackedRepository {
  readonly name: string;
  readonly roles: readonly TrackedRole[];
  /** Whether offline signatures are still missing; those of keys that are held online come at publish. */
  readonly open: boolean;
}

/** Who signed what so far: the responses that came along, and this station. */
export function trackRepositories(
  station: OfflineStation,
  examination: Examination,
  partials: Partials,
  plans: readonly OwnSignature[],
  signatures: readonly Uint8Array[],
): TrackedRepository[] {
  const own = new Map<string, Map<string, Signature[]>>();
  plans.forEach(({ repository, role, keyid, dialect, task }, index) => {
    const roles = own.get(repository) ?? new Map<string, Signature[]>();
    own.set(repository, roles);
    const list = roles.get(role.role) ?? [];
    roles.set(role.role, list);
    list.push(dialect.signature(keyid, task.key.public, signatures[index] as Uint8Array));
  });
  return examination.repositories.map((one): TrackedRepository => {
    const key = repositoryKey(one.reading.record);
    const merged = withSignatures(answered(one, partials.repositories.get(key)), own.get(key) ?? new Map());
    const roles = merged.roles.map((role) => trackRole(role, (id) => station.holders.get(id) ?? null));
    return { name: one.reading.record.name, roles, open: roles.some((role) => isOpen(one, role)) };
  });
}

/** The repository as others answered it, on the documents that were signed here. */
function answered(
  { reading, roles, fills }: RepositoryExamination,
  partial?: MergedRepository,
): MergedRepository {
  const merged = partial ?? mergeResponses(reading, []);
  return {
    ...merged,
    fills,
    roles: merged.roles.map((role, at) => ({ ...role, role: roles[at] ?? role.role })),
  };
}

/** That a key is held online is a claim: it may leave a delegated role open for publish, no other. */
function isOpen({ reading }: RepositoryExamination, { role, missing }: TrackedRole): boolean {
  if (missing === 0) return false;
  const claimed = reading.record.result.find((result) => result.role === role);
  const online = claimed?.signers.some(({ holder }) => holder === 'online') ?? false;
  return !(online && isDelegated(role));
}
