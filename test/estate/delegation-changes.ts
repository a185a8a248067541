import { stageDelegation, stageDelegationRemoval } from '../../src/online/staging/stage-delegations.ts';
import { stageThreshold } from '../../src/online/staging/stage-keys.ts';
import { parentOf } from './model.ts';
import { delegated, edit, online, pick, renewLosses, type Stage } from './subject.ts';

const ROLES = ['targets/a', 'targets/b', 'targets/a/x', 'targets/a/y', 'targets/b/z'];
const PATHS = ['', 'p', 'p/q', 'r'];

export const delegate: Stage = async (subject, { a, b, c }) => {
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

export const undelegate: Stage = async (subject, { a }) => {
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

export const addKey: Stage = async (subject, { a, b }) => {
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

export const removeKey: Stage = async (subject, { a, b }) => {
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

export const replaceKey: Stage = async (subject, { a, b, c }) => {
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

export const threshold: Stage = async (subject, { a, b }) => {
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

export const addPath: Stage = async (subject, { a, b }) => {
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

export const removePath: Stage = async (subject, { a, b }) => {
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
