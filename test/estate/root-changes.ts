import { readPublished } from '../../src/online/reading/read.ts';
import {
  stageCompromised,
  stageRenewal,
  stageRotation,
  stageThreshold,
} from '../../src/online/staging/stage-keys.ts';
import { stageRefresh } from '../../src/online/staging/stage-refresh.ts';
import { online, pick, type Stage } from './subject.ts';

export const rotateTargets: Stage = async (subject) => {
  const { gun, model } = subject;
  const keys = Array.from({ length: model.targets.threshold }, () => 'new');
  await online(subject, (station, stores) =>
    stageRotation(station, stores, gun, { role: 'targets', keys, serverManaged: false }),
  );
  model.open('targets');
  model.targets.keys = keys.length;
  return true;
};

export const moreTargetsKeys: Stage = async (subject, { a }) => {
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

export const lessTargetsKeys: Stage = async (subject, { a }) => {
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

export const rotateOther = (role: string): Stage =>
  async function rotate(subject) {
    await online(subject, (station, stores) =>
      stageRotation(station, stores, subject.gun, { role, keys: [], serverManaged: role !== 'root' }),
    );
    return true;
  };

export const renew: Stage = async (subject) => {
  await online(subject, (station, stores) => stageRenewal(station, stores, subject.gun, undefined));
  return true;
};

export const refreshRoot: Stage = async (subject) => {
  await online(subject, (station, stores) => stageRefresh(station, stores, subject.gun, ['root'], '700d'));
  return true;
};
