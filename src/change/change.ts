/** What somebody asked for. The words are the wire format's (bundle-schema/changes.schema.json). */
export type Change = InitChange | AddChange | RemoveChange | RefreshChange;

/** A repository that does not exist yet. */
export interface InitChange {
  readonly type: 'init';
}

export interface AddChange {
  readonly type: 'add';
  readonly role: string;
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** Lower-case hex. */
  readonly hashes: { readonly sha256: string; readonly sha512?: string };
  /** SHA-256 of the manifest that travels along, or null. */
  readonly evidence: string | null;
}

export interface RemoveChange {
  readonly type: 'remove';
  readonly role: string;
  readonly name: string;
}

/** A new expiry and version, and nothing else. */
export interface RefreshChange {
  readonly type: 'refresh';
  readonly role: string;
}
