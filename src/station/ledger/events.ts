import { refused } from '../../errors.ts';
import type { JsonObject } from '../../encoding/json.ts';

/**
 * What the ledger records of requests and repositories. Names and members are the ledger's format
 * (bundle-schema/README.md); state is a fold over them.
 */
export type ExchangeEvent =
  | Event<'reviewed', { request: string; id: string; from: string; sequence: number; repository: string }>
  | Event<'accepted', { request: string; repository: string; from: string; sequence: number }>
  | Event<'approved', { request: string; by: 'typed' | 'approve'; file: string }>
  | Event<'conceded', { request: string; id: string }>
  | Event<
      'fill',
      { request: string; repository: string; slot: string; kind: string; keyid: string; value: string }
    >
  | Event<'pinned', { repository: string; version: number; sha256: string; file: string }>
  | Event<'root', { repository: string; version: number; sha256: string; file: string }>
  | Event<'deleting', { repository: string; root: string | null }>
  | Event<'deleted', { repository: string; root: string | null; remote: boolean }>
  | Event<'seen', { repository: string; role: string; version: number; sha256: string }>
  | Event<
      'intent',
      { request: string; repository: string; role: string; version: number; payload: string; key: string }
    >
  | Event<'outcome', { request: string; repository: string; role: string; key: string; signature: string }>
  | Event<'bound', { key: string; repository: string }>
  | Event<'retired', { repository: string; request: string }>
  | Event<'dropped', { repository: string; role: string; key: string }>
  | Event<'sealed', { request: string; response: string; sequence: number; to: string }>
  | Event<'released', { request: string; response: string }>
  | Event<'combined', { request: string; combined: string; sequence: number }>
  | Event<'declined', { request: string; code: string }>
  | Event<'recovery', { what: 'response' | 'head'; line: number; sha256: string }>
  | Event<'recovered', { what: 'torn-line' | 'response' | 'head'; line: number; sha256: string }>
  | Event<'recovered-floor', { repository: string; role: string; seen: number; signed: number }>
  | Event<'refusal', { check: string; digest: string | null }>
  | Event<
      'exported',
      { request: string; id: string; sequence: number; repositories: number; supersedes: readonly string[] }
    >
  | Event<'reserved', { request: string; repository: string; role: string; version: number; batch: string }>
  | Event<'heard-pin', { repository: string; station: string; version: number }>
  | Event<
      'answered',
      {
        request: string;
        response: string;
        from: string;
        sequence: number;
        line: number;
        hash: string;
        previous: string | null;
      }
    >
  | Event<'filled', { request: string; repository: string; sha256: string }>
  | Event<'taken', { repository: string; role: string; version: number }>
  | Event<'holder', { key: string; station: string }>
  | Event<'posting', { request: string; repository: string }>
  | Event<'published', { request: string; repository: string }>
  | Event<'conflict', { request: string; repository: string }>
  | Event<'abandoned', { request: string }>;

interface Event<Name extends string, Data> {
  readonly event: Name;
  readonly data: Data;
}

/** A line of the ledger, as folds read it. */
export interface RecordedEvent {
  readonly line: number;
  readonly time: string;
  readonly event: string;
  readonly data: JsonObject;
}

/** A ledger line as one of the events above; null where it is of another kind. */
export function exchangeEvent(line: RecordedEvent): ExchangeEvent {
  return line as unknown as ExchangeEvent;
}

/** A member of a ledger line that is text. */
export function textOf(data: JsonObject, member: string): string {
  const value = data[member];
  if (typeof value === 'string') return value;
  throw refused('LEDGER-CHAIN', 'a ledger line lacks a member', { expected: member });
}

/** A repository's name in the ledger. */
export function repositoryKey(repository: { readonly dialect: string; readonly name: string }): string {
  return `${repository.dialect}:${repository.name}`;
}
