import type { RepositoryResponse, ResponseManifest } from '../bundle/manifest.ts';
import type { ComputedRole } from '../change/computed-role.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { toBase64 } from '../encoding/text.ts';
import type { Signature } from '../metadata/document.ts';
import { Contents } from './contents.ts';
import type { RepositoryReading } from './read-request.ts';

/** What an offline station filled into a slot. */
export interface FillValue {
  readonly slot: string;
  readonly kind: 'key' | 'certificate';
  readonly value: Uint8Array;
  readonly keyid: string;
  /** Identity of the station. */
  readonly by: string;
}

/** What became of one role here. */
export interface RoleOutcome {
  readonly role: Pick<ComputedRole, 'role' | 'version' | 'document'>;
  readonly outcome: 'signed' | 'no-key' | 'refused';
  /** Why it was refused: a check ID or a reason code. */
  readonly check: string | null;
  readonly signatures: readonly Signature[];
}

export interface RepositoryMarks {
  readonly pinned: number;
  readonly roles: readonly { readonly role: string; readonly seen: number; readonly signed: number }[];
}

export interface RepositoryAnswer {
  readonly reading: Pick<RepositoryReading, 'record' | 'recordDigest'>;
  readonly fills: readonly FillValue[];
  readonly marks: RepositoryMarks;
  readonly roles: readonly RoleOutcome[];
}

export type ResponseHead = Omit<ResponseManifest, 'format' | 'kind' | 'repositories' | 'files' | 'tool'>;

/** Writes a response down: manifest without its file list, and the closed documents and fills. */
export function buildResponse(
  head: ResponseHead,
  answers: readonly RepositoryAnswer[],
  tool: string,
): { manifest: Omit<ResponseManifest, 'files'>; contents: Contents } {
  const contents = new Contents();
  const repositories = answers.map((answer) => writeAnswer(answer, contents));
  return { manifest: { format: 'countersign-1', kind: 'response', ...head, repositories, tool }, contents };
}

function writeAnswer(answer: RepositoryAnswer, contents: Contents): RepositoryResponse {
  const { reading, fills, marks, roles } = answer;
  return {
    dialect: reading.record.dialect,
    name: reading.record.name,
    record: reading.recordDigest,
    fills: fills.map(({ slot, kind, value, keyid, by }) => ({
      slot,
      kind,
      value: contents.add(value),
      keyid,
      by,
    })),
    marks,
    roles: roles.map(({ role, outcome, check, signatures }) => ({
      role: role.role,
      version: role.version,
      payload: outcome === 'signed' ? sha256Hex(role.document) : null,
      outcome,
      check,
      document: outcome === 'signed' ? contents.add(role.document) : null,
      signatures: signatures.map(({ keyid, method, value }) => ({ keyid, method, value: toBase64(value) })),
    })),
  };
}
