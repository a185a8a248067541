import { resultDocument } from '../change/computed-role.ts';
import type { RepositoryReading } from '../exchange/read-request.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { RoleKeys, SignedDocument } from '../metadata/document.ts';
import { NO_ENTRIES } from '../metadata/entry-table.ts';
import { searchTargets, type Documents } from '../metadata/search.ts';
import type { RoleDifference } from './difference.ts';
import { isUnverifiable } from './key-difference.ts';
import { sampleNames } from './sample-names.ts';

/** A key that signs names. */
export interface ReachKey {
  readonly canonicalId: string;
  /** Name of the station that holds the key, where it is known. */
  readonly holder?: string;
  /** There for a key of a kind that nothing here verifies signatures with. */
  readonly verifiable?: false;
}

/** A role that clients ask for a name, and who signs it. */
export interface ReachStep {
  readonly role: string;
  readonly threshold: number;
  readonly keys: readonly ReachKey[];
  /** Whether the search ends with it. */
  readonly terminating: boolean;
}

/** Names for which clients ask the same roles, before and after. */
export interface Reach {
  readonly count: number;
  /** The first few of the names. */
  readonly names: readonly string[];
  /** In the order in which they are asked; empty where the repository is new. */
  readonly before: readonly ReachStep[];
  readonly after: readonly ReachStep[];
  /** Roles that clients would ask too, but for a terminating delegation that the request brings; and which. */
  readonly hidden: readonly { readonly role: string; readonly by: string }[];
}

/** Names of a group that are kept. */
const NAMED = 3;

/**
 * Who can sign names, before and after: every name that the request adds or moves, and samples of what its changes of
 * delegations are about. Empty where nothing is delegated.
 */
export function reachOf(
  reading: RepositoryReading,
  differences: readonly RoleDifference[],
  holders: ReadonlyMap<string, string>,
): Reach[] {
  const [before, after] = states(reading);
  if (![before, after].some((state) => state && delegates(reading.dialect, state))) return [];
  const moved = differences.flatMap(({ targets }) =>
    targets.filter((one) => one.after).map(({ name }) => name),
  );
  const samples = sampleNames(
    reading.dialect,
    differences.flatMap(({ delegations }) => delegations),
    after.documents,
  );
  return grouped(reading, new Set([...moved, ...samples]), holders);
}

/** Who can sign the names that somebody asks about, before and after. */
export function reachOfNames(
  reading: RepositoryReading,
  names: readonly string[],
  holders: ReadonlyMap<string, string>,
): Reach[] {
  for (const name of names) reading.dialect.checkTarget(name);
  return grouped(reading, new Set(names), holders);
}

/** The repository at one time, as far as its files travel. */
interface State {
  readonly root: SignedDocument | null;
  readonly documents: ReadonlyMap<string, SignedDocument>;
}

function states({ base, roles }: RepositoryReading): [before: State | null, after: State] {
  const results = new Map(roles.map((role) => [role.role, resultDocument(role)]));
  const root = results.get('root') ?? base?.root ?? null;
  results.delete('root');
  return [
    base && { root: base.root, documents: base.targets },
    { root, documents: new Map([...(base?.targets ?? []), ...results]) },
  ];
}

function delegates(dialect: Dialect, { documents }: State): boolean {
  return [...documents.values()].some((document) => dialect.delegations(document).length > 0);
}

function grouped(
  reading: RepositoryReading,
  names: Iterable<string>,
  holders: ReadonlyMap<string, string>,
): Reach[] {
  const { dialect } = reading;
  const [before, after] = states(reading);
  const was = before && asking(dialect, before);
  const will = asking(dialect, after);
  const groups = new Map<string, { names: string[]; count: number; asked: Asked[] }>();
  for (const name of names) {
    const asked = [was?.(name) ?? NOBODY, will(name)];
    const key = asked.map(({ key: one }) => one).join('|');
    const group = groups.get(key) ?? { names: [], count: 0, asked };
    group.count += 1;
    if (group.names.length < NAMED) group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ names: some, count, asked: [old = NOBODY, now = NOBODY] }) => ({
    count,
    names: some,
    before: old.steps.map((step) => shown(step, holders)),
    after: now.steps.map((step) => shown(step, holders)),
    hidden: now.hidden
      .filter(({ role }) => !old.hidden.some((one) => one.role === role))
      .map(({ role }) => ({ role, by: now.steps.findLast(({ terminating }) => terminating)?.role ?? '' })),
  }));
}

interface Step extends RoleKeys {
  readonly role: string;
  readonly terminating: boolean;
}

interface Asked {
  /** The same for names of which the same is true. */
  readonly key: string;
  readonly steps: readonly Step[];
  readonly hidden: readonly { readonly role: string }[];
}

const NOBODY: Asked = { key: '', steps: [], hidden: [] };

/** Which roles clients ask for a name, those among them whose files do not travel. */
function asking(dialect: Dialect, { root, documents }: State): (name: string) => Asked {
  const top = root && dialect.declaredKeys(root, 'targets');
  const numbers = new Map<object, number>();
  const numberOf = (declared: object): number => {
    const known = numbers.get(declared) ?? numbers.size + 1;
    numbers.set(declared, known);
    return known;
  };
  const empty = dialect.newTargets();
  const all: Documents = {
    get: (role) => documents.get(role) ?? { ...NOTHING, role, signed: empty },
  };
  return (name) => {
    const search = { target: name, below: 'targets', without: NONE };
    const found = [...searchTargets(dialect, all, search)];
    const steps = found.map(({ role, declared }): Step => ({
      role,
      terminating: declared?.terminating ?? false,
      ...(declared ?? top ?? NO_KEYS),
    }));
    const ends = steps.some(({ terminating }) => terminating);
    const past = ends ? [...searchTargets(dialect, all, { ...search, pastTerminating: true })] : found;
    const hidden = past.filter(({ role }) => !steps.some((step) => step.role === role));
    const key = found.map(({ role, declared }) => (declared ? numberOf(declared) : role)).join(' ');
    return { key, steps, hidden };
  };
}

const NONE: ReadonlySet<string> = new Set();
const NO_KEYS: RoleKeys = { threshold: 0, keys: [] };
const NOTHING = {
  version: 0,
  expires: 0,
  entries: NO_ENTRIES,
  payload: new Uint8Array(),
  signatures: [],
  outside: {},
  file: new Uint8Array(),
};

function shown(
  { role, threshold, keys, terminating }: Step,
  holders: ReadonlyMap<string, string>,
): ReachStep {
  return {
    role,
    threshold,
    keys: keys.map((key): ReachKey => {
      const { canonicalId } = key;
      const holder = holders.get(canonicalId);
      return {
        canonicalId,
        ...(holder === undefined ? {} : { holder }),
        ...(isUnverifiable(key) ? { verifiable: false } : {}),
      };
    }),
    terminating,
  };
}
