import type { OnlineSession } from '../../src/online/session.ts';
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

export function pick<Item>(items: readonly Item[], number: number): Item | undefined {
  return items[number % Math.max(1, items.length)];
}

export function online<Result>(
  { stations }: Subject,
  stage: (station: OnlineSession['station'], stores: OnlineSession['stores']) => Promise<Result> | Result,
): Promise<Result> {
  return stations.online(({ station, stores }) => Promise.resolve(stage(station, stores)));
}

export function delegated(model: RepositoryModel): string[] {
  return model.declaredRoles().slice(1);
}

/** A declaration that is about to be edited. */
export function edit(model: RepositoryModel, role: string): Declared {
  const declared = model.open(parentOf(role)).below.get(role);
  if (!declared) throw new Error(`${role} is not declared`);
  return declared;
}

/** Roles that lose their signatures are signed anew where it is known who holds the keys. */
export function renewLosses({ model, known }: Subject): true {
  if (known) for (const role of model.losses()) model.open(role);
  return true;
}
