/** A version and the SHA-256 of its signed bytes. */
export interface Mark {
  readonly version: number;
  readonly sha256: string;
}

/**
 * What a station knows of one repository, out of its ledger only (M1): the newest root it verified complete,
 * the newest version of each role it saw verified, and every version it signed, by role.
 */
export interface Marks {
  readonly pinned: Mark | null;
  readonly seen: ReadonlyMap<string, Mark>;
  /**
   * Role to version to SHA-256 of the bytes that an intent was written for; kept for ever. More than one only
   * where an officer let a request supersede another (M2).
   */
  readonly signed: ReadonlyMap<string, ReadonlyMap<number, readonly SignedMark[]>>;
  /** Identity of the online station whose request was accepted last (M16). */
  readonly partner: string | null;
}

export interface SignedMark {
  readonly sha256: string;
  /** Digest of the request that it was signed for. */
  readonly request: string;
}
