import { addChanges, removeChanges, stageChanges } from '../../src/online/stage.ts';
import { stageDelegation, stageDelegationRemoval } from '../../src/online/stage-delegations.ts';
import {
  stageCompromised,
  stageRenewal,
  stageRotation,
  stageThreshold,
} from '../../src/online/stage-keys.ts';
import { stageRefresh, stageWitness } from '../../src/online/stage-refresh.ts';
import { readPublished } from '../../src/online/read.ts';
import { repositoryNamed } from '../../src/online/repositories.ts';
import type { OnlineSession } from '../../src/online/session.ts';
import { hashOf } from '../peers/stations.ts';
import type { Stations } from './in-process.ts';
import { parentOf, type Declared, type RepositoryModel } from './model.ts';

/** A repository under change: the real one, and what it is to be. */
export interface Subject {
  readonly gun: string;
  readonly model: RepositoryModel;
  readonly stations: Stations;
  /** Keys of delegates: canonical ID and public part. */
  readonly delegates: readonly { readonly id: string; readonly file: string }[];
  /** Whether the online station knows who holds those keys. */
  readonly known: boolean;
}

/** Numbers out of which a change is made: each takes its own choices from them, so that any numbers are valid. */
export interface Dice {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Stages one change, in the station and in the model; false where the repository has nothing that it could change. */
export type Stage = (subject: Subject, dice: Dice) => Promise<boolean>;

const ROLES = ['targets/a', 'targets/b', 'targets/a/x', 'targets/a/y', 'targets/b/z'];
const PATHS = ['', 'p', 'p/q', 'r'];
const NAMES = ['1', 'p', 'p/2', 'p/q/3', 'r4', 's'];

function pick<Item>(items: readonly Item[], number: number): Item | undefined {
  return items[number % Math.max(1, items.length)];
}

function online<Result>(
  { stations }: Subject,
  stage: (station: OnlineSession['station'], stores: OnlineSession['stores']) => Promise<Result> | Result,
): Promise<Result> {
  return stations.online(({ station, stores }) => Promise.resolve(stage(station, stores)));
}

function delegated(model: RepositoryModel): string[] {
  return model.declaredRoles().slice(1);
}

/** A declaration that is about to be edited. */
function edit(model: RepositoryModel, role: string): Declared {
  const declared = model.open(parentOf(role)).below.get(role);
  if (!declared) throw new Error(`${role} is not declared`);
  return declared;
}

/** Roles that lose their signatures are signed anew where it is known who holds the keys. */
function renewLosses({ model, known }: Subject): true {
  if (known) for (const role of model.losses()) model.open(role);
  return true;
}

const add: Stage = async (subject, { a, b, c }) => {
  const { gun, model } = subject;
  // Twice as often into a delegation as into targets, where there is one.
  const roles = [...delegated(model), ...model.declaredRoles(), ...delegated(model)];
  const [role = '', name = ''] = [pick(roles, a), pick(NAMES, b)];
  const content = c % 1_000;
  const input = { name, length: String(content), sha256: hashOf(content), roles: [role] };
  await online(subject, (station) =>
    stageChanges(station, gun, addChanges(repositoryNamed(station.home, gun), input, null)),
  );
  model.open(role).entries.set(name, content);
  return true;
};

const remove: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const held = model
    .declaredRoles()
    .flatMap((role) => [...(model.current(role)?.entries.keys() ?? [])].map((name) => ({ role, name })));
  const found = pick(held, a);
  if (!found) return false;
  await online(subject, (station) =>
    stageChanges(station, gun, removeChanges(repositoryNamed(station.home, gun), found.name, [found.role])),
  );
  model.open(found.role).entries.delete(found.name);
  return true;
};

const delegate: Stage = async (subject, { a, b, c }) => {
  const { gun, model, delegates } = subject;
  const there = model.declaredRoles();
  const role = pick(
    ROLES.filter((one) => !there.includes(one) && there.includes(parentOf(one))),
    a,
  );
  if (role === undefined) return false;
  const keys = [...new Set([b % delegates.length, Math.floor(b / 8) % delegates.length])];
  const threshold = (b % keys.length) + 1;
  const paths = PATHS.filter((_, at) => (c >> at) % 2 === 1 || at === (c >> 4) % PATHS.length);
  await online(subject, (station, stores) =>
    stageDelegation(station, stores, gun, {
      role,
      keys: keys.map((key) => delegates[key]?.file ?? ''),
      threshold: String(threshold),
      paths: paths.filter((path) => path !== ''),
      allPaths: paths.includes(''),
    }),
  );
  model.open(parentOf(role)).below.set(role, { paths, keys: new Set(keys), kept: new Set(), threshold });
  return renewLosses(subject);
};

const undelegate: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const role = pick(
    delegated(model).filter(
      (one) => !ROLES.some((other) => `${other}/`.startsWith(`${one}/`) && model.isTouched(other)),
    ),
    a,
  );
  if (role === undefined) return false;
  await online(subject, (station, stores) =>
    stageDelegationRemoval(station, stores, gun, { role, keys: [], paths: [], allPaths: false }),
  );
  model.open(parentOf(role)).below.set(role, null);
  return renewLosses(subject);
};

const addKey: Stage = async (subject, { a, b }) => {
  const { gun, model, delegates } = subject;
  const role = pick(delegated(model), a);
  const joining = [...delegates.keys()].filter((key) => role && !model.declared(role)?.keys.has(key));
  const key = pick(joining, b);
  if (role === undefined || key === undefined) return false;
  const keys = [delegates[key]?.file ?? ''];
  await online(subject, (station, stores) =>
    stageDelegation(station, stores, gun, { role, keys, threshold: undefined, paths: [], allPaths: false }),
  );
  edit(model, role).keys.add(key);
  return renewLosses(subject);
};

const removeKey: Stage = async (subject, { a, b }) => {
  const { gun, model, delegates } = subject;
  const removable = delegated(model).flatMap((role) => {
    const declared = model.declared(role);
    if (!declared || declared.keys.size <= declared.threshold) return [];
    return [...declared.kept].map((key) => ({ role, key }));
  });
  const found = pick(removable, a + b);
  if (!found) return false;
  const { role, key } = found;
  await online(subject, (station, stores) =>
    stageDelegationRemoval(station, stores, gun, {
      ...{ role, keys: [delegates[key]?.id ?? ''], paths: [], allPaths: false },
    }),
  );
  const declared = edit(model, role);
  for (const keys of [declared.keys, declared.kept]) keys.delete(key);
  return renewLosses(subject);
};

const replaceKey: Stage = async (subject, { a, b, c }) => {
  const { gun, model, delegates } = subject;
  const pairs = delegated(model).flatMap((role) => {
    const declared = model.declared(role);
    const joining = [...delegates.keys()].filter((key) => !declared?.keys.has(key));
    return [...(declared?.kept ?? [])].flatMap((gone) => joining.map((key) => ({ role, gone, key })));
  });
  const found = pick(pairs, a + b * c);
  if (!found) return false;
  const { role, gone, key } = found;
  const declared = edit(model, role);
  await online(subject, (station, stores) =>
    stageThreshold(station, stores, gun, {
      ...{ role, threshold: String(declared.threshold) },
      ...{ add: [delegates[key]?.file ?? ''], remove: [delegates[gone]?.id ?? ''] },
    }),
  );
  for (const keys of [declared.keys, declared.kept]) keys.delete(gone);
  declared.keys.add(key);
  return renewLosses(subject);
};

const threshold: Stage = async (subject, { a, b }) => {
  const { gun, model } = subject;
  const role = pick(
    delegated(model).filter((one) => (model.declared(one)?.keys.size ?? 0) > 1),
    a,
  );
  const declared = role === undefined ? null : model.declared(role);
  if (role === undefined || !declared) return false;
  const others = [...declared.keys].map((_, at) => at + 1).filter((number) => number !== declared.threshold);
  const wanted = pick(others, b) ?? 1;
  await online(subject, (station, stores) =>
    stageThreshold(station, stores, gun, { role, threshold: String(wanted), add: [], remove: [] }),
  );
  edit(model, role).threshold = wanted;
  return renewLosses(subject);
};

const addPath: Stage = async (subject, { a, b }) => {
  const { gun, model } = subject;
  const role = pick(delegated(model), a);
  const path = pick(
    PATHS.filter((one) => role && !model.declared(role)?.paths.includes(one)),
    b,
  );
  if (role === undefined || path === undefined) return false;
  const paths = path === '' ? { paths: [], allPaths: true } : { paths: [path], allPaths: false };
  await online(subject, (station, stores) =>
    stageDelegation(station, stores, gun, { role, keys: [], threshold: undefined, ...paths }),
  );
  edit(model, role).paths.push(path);
  return renewLosses(subject);
};

const removePath: Stage = async (subject, { a, b }) => {
  const { gun, model } = subject;
  const role = pick(
    delegated(model).filter((one) => model.declared(one)?.paths.length),
    a,
  );
  const path = pick((role === undefined ? null : model.declared(role)?.paths) ?? [], b);
  if (role === undefined || path === undefined) return false;
  // The path of all names is taken away with all the others.
  const paths = path === '' ? { paths: [], allPaths: true } : { paths: [path], allPaths: false };
  await online(subject, (station, stores) =>
    stageDelegationRemoval(station, stores, gun, { role, keys: [], ...paths }),
  );
  const declared = edit(model, role);
  if (path === '') declared.paths.length = 0;
  else declared.paths.splice(declared.paths.indexOf(path), 1);
  return renewLosses(subject);
};

const refresh: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const role = pick(
    model.declaredRoles().filter((one) => model.readable(one)),
    a,
  );
  if (role === undefined) return false;
  await online(subject, (station, stores) => stageRefresh(station, stores, gun, [role], undefined));
  model.open(role);
  return renewLosses(subject);
};

const witness: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const broken = delegated(model).flatMap((role) => {
    const file = model.isTouched(role) ? null : model.unsigned(role);
    return file && file.entries.size > 0 && file.below.size === 0 ? [{ role, entries: file.entries }] : [];
  });
  const found = pick(broken, a);
  if (!found) return false;
  await online(subject, (station, stores) => stageWitness(station, stores, gun, [found.role]));
  for (const [name, content] of found.entries) model.open(found.role).entries.set(name, content);
  return renewLosses(subject);
};

/** A kind of change, and how often it is tried. */
export interface Kind {
  readonly weight: number;
  readonly stage: Stage;
  /** Whether it is a request's only change of its repository: those of the root are. */
  readonly alone: boolean;
}

const rotateTargets: Stage = async (subject) => {
  const { gun, model } = subject;
  const keys = Array.from({ length: model.targets.threshold }, () => 'new');
  await online(subject, (station, stores) =>
    stageRotation(station, stores, gun, { role: 'targets', keys, serverManaged: false }),
  );
  model.open('targets');
  model.targets.keys = keys.length;
  return true;
};

const moreTargetsKeys: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const { targets } = model;
  if (targets.keys > 2) return false;
  targets.keys += 1;
  targets.threshold = (a % targets.keys) + 1;
  const options = { role: 'targets', threshold: String(targets.threshold), add: ['new'], remove: [] };
  await online(subject, (station, stores) => stageThreshold(station, stores, gun, options));
  model.open('targets');
  return true;
};

const lessTargetsKeys: Stage = async (subject, { a }) => {
  const { gun, model } = subject;
  const { targets } = model;
  if (targets.keys === 1) return false;
  targets.keys -= 1;
  targets.threshold = Math.min(targets.threshold, targets.keys);
  await online(subject, async (station, stores) => {
    const { dialect, verified } = await readPublished(station, stores, gun);
    const key = pick(dialect.declaredKeys(verified.root, 'targets').keys, a)?.id ?? '';
    const options = { role: 'targets', keys: [key], threshold: String(targets.threshold) };
    return stageCompromised(station, stores, gun, options);
  });
  model.open('targets');
  return true;
};

const rotateOther = (role: string): Stage =>
  async function rotate(subject) {
    await online(subject, (station, stores) =>
      stageRotation(station, stores, subject.gun, { role, keys: [], serverManaged: role !== 'root' }),
    );
    return true;
  };

const renew: Stage = async (subject) => {
  await online(subject, (station, stores) => stageRenewal(station, stores, subject.gun, undefined));
  return true;
};

const refreshRoot: Stage = async (subject) => {
  await online(subject, (station, stores) => stageRefresh(station, stores, subject.gun, ['root'], '700d'));
  return true;
};

const together = (weight: number, stage: Stage): Kind => ({ weight, stage, alone: false });
const alone = (weight: number, stage: Stage): Kind => ({ weight, stage, alone: true });

export const KINDS = {
  add: together(8, add),
  remove: together(2, remove),
  'delegation add': together(5, delegate),
  'delegation remove': together(3, undelegate),
  'delegation add, a key': together(2, addKey),
  'delegation remove, a key': together(2, removeKey),
  'threshold of a delegation, and other keys': together(5, replaceKey),
  'threshold of a delegation': together(2, threshold),
  'delegation add, a path': together(2, addPath),
  'delegation remove, a path': together(2, removePath),
  refresh: together(2, refresh),
  witness: together(4, witness),
  'key rotate targets': alone(1, rotateTargets),
  'threshold of targets, and a key': alone(1, moreTargetsKeys),
  'remove-compromised targets': alone(1, lessTargetsKeys),
  /** Needs a root key that no repository has yet. */
  'key rotate root': alone(1, rotateOther('root')),
  'key rotate snapshot': alone(1, rotateOther('snapshot')),
  'key rotate timestamp': alone(1, rotateOther('timestamp')),
  'key renew': alone(1, renew),
  'refresh root': alone(1, refreshRoot),
} as const satisfies Readonly<Record<string, Kind>>;
