import type { KeyContext } from '../metadata/dialect.ts';
import type { VerifiedRepository } from '../metadata/verified.ts';
import type { Change } from './change.ts';

/** Version and expiry that one role is to have. */
export interface RolePlan {
  readonly role: string;
  readonly version: number;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly expires: string;
}

/** Everything that the unsigned metadata depends on (R3). */
export interface ChangeInputs {
  /** Null where the repository does not exist yet. */
  readonly base: VerifiedRepository | null;
  readonly changes: readonly Change[];
  readonly plan: readonly RolePlan[];
  /** Keys that a server or the online half holds: role and raw key object. */
  readonly onlineKeys: readonly { readonly role: string; readonly value: Uint8Array }[];
  /** What offline stations filled in, by slot ID. */
  readonly fills: ReadonlyMap<string, Uint8Array>;
  readonly context: KeyContext;
}
