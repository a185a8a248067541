import { repositoryNamed } from '../../src/online/repositories/repositories.ts';
import { addChanges, removeChanges, stageChanges } from '../../src/online/staging/stage.ts';
import { stageRefresh, stageWitness } from '../../src/online/staging/stage-refresh.ts';
import { hashOf } from '../peers/stations.ts';
import {
  delegate,
  undelegate,
  addKey,
  removeKey,
  replaceKey,
  threshold,
  addPath,
  removePath,
} from './delegation-changes.ts';
import {
  rotateTargets,
  moreTargetsKeys,
  lessTargetsKeys,
  rotateOther,
  renew,
  refreshRoot,
} from './root-changes.ts';
import { delegated, online, pick, renewLosses, type Stage } from './subject.ts';

const NAMES = ['1', 'p', 'p/2', 'p/q/3', 'r4', 's'];

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
