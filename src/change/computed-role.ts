import type { JsonObject } from '../encoding/json.ts';
import type { MetadataKey, SignedDocument } from '../metadata/document.ts';
import { readContent, type SignedContent } from '../metadata/signed-content.ts';
import type { RolePlan } from './inputs.ts';
import type { ComputedSlot } from './quorum.ts';

/** One key that is to sign a role. */
export interface ComputedSigner {
  /** Key ID, or the slot ID while the key is not known. */
  readonly keyid: string;
  readonly quorum: 'old' | 'new' | 'both';
  /** Null while the key is not known. */
  readonly key: MetadataKey | null;
}

/** One role's unsigned metadata. */
export interface ComputedRole extends RolePlan, SignedContent {
  /** Members of the envelope that the file had besides `signed` and `signatures`: they stay. */
  readonly outside: JsonObject;
  /** What is to be signed, in canonical form, with slots while open. */
  readonly document: Uint8Array;
  /** True while a slot of this document is not filled: it can be neither shown for consent nor signed. */
  readonly open: boolean;
  readonly slots: readonly ComputedSlot[];
  readonly signers: readonly ComputedSigner[];
  /** How many distinct keys of each quorum must sign. */
  readonly needs: { readonly old: number; readonly new: number };
}

/** A key of a quorum that signs from now on. */
export function newSigner({
  id,
  key,
}: {
  readonly id: string;
  readonly key: MetadataKey | null;
}): ComputedSigner {
  return { keyid: id, quorum: 'new', key };
}

/** A role's unsigned metadata, of its payload: what is shown of it later is read from the very bytes. */
export function finish(
  { role, version, expires }: RolePlan,
  document: Uint8Array,
  outside: JsonObject = {},
): RolePlan & SignedContent & Pick<ComputedRole, 'outside' | 'document'> {
  return { role, version, expires, ...readContent(document, role !== 'root'), outside, document };
}

/** An unsigned role as a document that can be asked about. */
export function resultDocument(role: ComputedRole): SignedDocument {
  const { version, signed, entries, outside, document } = role;
  const expires = Date.parse(role.expires);
  return {
    role: role.role,
    version,
    expires,
    signed,
    entries,
    payload: document,
    signatures: [],
    outside,
    file: document,
  };
}
