import type { ListedFile } from '../../metadata/document.ts';

/**
 * Where one repository lives: a trust server, or a folder. What comes out is not verified (a listed file has the
 * hash that it is listed with, nothing more); what goes in was verified by the caller. No error of a store is ever exit 3, so that
 * nothing is reported as refused after a first byte was posted (M14).
 */
export interface Store {
  /** The current file of a role, bytes exactly as served; null if the repository or the role does not exist. */
  current(role: string): Promise<Uint8Array | null>;
  /**
   * The file of a role as a snapshot or timestamp lists it.
   *
   * @param consistent whether the repository serves files under names with their version (TUF consistent snapshots)
   */
  listed(role: string, listed: ListedFile, consistent: boolean): Promise<Uint8Array | null>;
  /** Root of exactly this version. */
  rootVersion(version: number): Promise<Uint8Array | null>;
  /** Public key (raw key JSON) that the store itself will sign this role with; null if it holds none. */
  serverKey(role: ServerRole): Promise<Uint8Array | null>;
  /** A key that the store makes to sign this role with from the next root on; null if it holds none. */
  newServerKey(role: ServerRole): Promise<Uint8Array | null>;
  /**
   * Puts all files, by role, in place together or none of them. An empty map asks a store that signs snapshot
   * and timestamp itself to sign them anew.
   *
   * @throws CountersignError exit 5 where the store stands against it, exit 6 where it does not answer
   */
  publish(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /**
   * Removes the repository with everything that was ever published in it; done where there is none.
   *
   * @throws CountersignError exit 6 where the store does not do it
   */
  remove(): Promise<void>;
  /** Whether snapshot and timestamp are signed by the store, or have to be among the published files. */
  readonly signsSnapshot: boolean;
  /** Version of the oldest root that is there, as the station was told; 1 if absent. */
  readonly firstRoot?: number;
  /** Whether nothing but roots is read. */
  readonly rootsOnly?: boolean;
  /** Why nothing can be published here, or absent: whoever runs the repository takes files from others. */
  readonly readOnly?: string;
  /** The place in words, for messages. */
  describe(): string;
}

/** Roles that a server can sign by itself. */
export type ServerRole = 'snapshot' | 'timestamp';

/** Caps on what is read (facts of the dialect: the stock client's own). */
export const LIMITS = {
  /** A file whose length no verified parent names. */
  file: 104_857_600,
  timestamp: 1_048_576,
  key: 262_144,
} as const;

/** A store that serves every file ever published by its hash, as Notary's do. */
export interface HashStore extends Store {
  /** The file of a role with this SHA-256 (lower-case hex), and at most `length` bytes where given. */
  byHash(role: string, sha256hex: string, length?: number): Promise<Uint8Array | null>;
}

/** How a file is asked for by hash that is listed: dialects of such stores list every file with its SHA-256. */
export function listedByHash(byHash: HashStore['byHash']): Store['listed'] {
  return (role, { hashes, length }) => byHash(role, hashes['sha256'] ?? '', length ?? undefined);
}
