import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signedOf } from '../peers/signed-content.ts';
import type { Change } from '../../src/change/change.ts';
import { computeRoles } from '../../src/change/compute.ts';
import type { ComputedRole } from '../../src/change/computed-role.ts';
import { canonicalBytes, compareUtf8 } from '../../src/encoding/canonical-json.ts';
import type { JsonObject } from '../../src/encoding/json.ts';
import { parseStrictJson } from '../../src/encoding/strict-json.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { verifyRepository } from '../../src/metadata/repository.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import type { VerifiedRepository } from '../../src/metadata/verified.ts';
import { checkOf } from './check-of.ts';
import { testKey } from '../metadata/keys.ts';
import { NAMES } from './names.ts';
import { CAPTURED, capturedGun, capturedRepository } from './vectors.ts';

const VERSION = 41;
const EXPIRES = '2029-11-21T00:00:00Z';

/** One step: a number is an added entry's content, null a removal. */
type Step = readonly [name: string, content: number | null];

const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES.slice(0, 8), '__proto__', '10', '9') },
  { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 6 })

    .filter((name) => name.isWellFormed() && !/[\u0000-\u001f]/.test(name)),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(names, fc.option(fc.nat({ max: 1_000 }), { freq: 3, nil: null })),
  { maxLength: 30 },
);

const sha256 = (content: number): string => content.toString(16).padStart(64, '0');

function changeOf([name, content]: Step): Change {
  if (content === null) return { type: 'remove', role: 'targets', name };
  return {
    type: 'add',
    role: 'targets',
    name,
    length: content,
    hashes:
      content % 3 === 0
        ? { sha256: sha256(content), sha512: sha256(content).repeat(2) }
        : { sha256: sha256(content) },
    evidence: null,
  };
}

/** What a plain map says that the steps lead to; null where a name is removed that is not there. */
function model(start: ReadonlyMap<string, string>, all: readonly Step[]): Map<string, string> | null {
  const map = new Map(start);
  for (const [name, content] of all) {
    if (content !== null) map.set(name, entryText(content));
    else if (!map.delete(name)) return null;
  }
  return map;
}

function entryText(content: number): string {
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  const hash = sha256(content);
  const sha512 = content % 3 === 0 ? `,"sha512":"${base64(hash.repeat(2))}"` : '';
  return `{"hashes":{"sha256":"${base64(hash)}"${sha512}},"length":${String(content)}}`;
}

/** The document as text made here, independently of the encoder under test. */
function expected(entries: ReadonlyMap<string, string>, delegations: string): string {
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const members = [...entries]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([name, entry]) => `${quoted(name)}:${entry}`);
  return `{"_type":"Targets","delegations":${delegations},"expires":"${EXPIRES}","targets":{${members.join(',')}},"version":${String(VERSION)}}`;
}

const online = notary.keyValue(testKey('ed25519').public);

function targetsOf(base: VerifiedRepository | null, changes: readonly Change[]): ComputedRole {
  const plan = base
    ? [{ role: 'targets', version: VERSION, expires: EXPIRES }]
    : [
        { role: 'root', version: 1, expires: EXPIRES },
        { role: 'targets', version: VERSION, expires: EXPIRES },
      ];
  const context = { repository: capturedGun('a_one'), now: CAPTURED };
  const onlineKeys = ['snapshot', 'timestamp'].map((role) => ({ role, value: online }));
  const inputs = { base, changes, plan, onlineKeys, fills: new Map<string, Uint8Array>(), context };
  return computeRoles(notary, inputs).find(({ role }) => role === 'targets') as ComputedRole;
}

function check(
  base: VerifiedRepository | null,
  start: Map<string, string>,
  delegations: string,
  all: Step[],
): void {
  const changes: Change[] = [
    ...(base ? [] : [{ type: 'init', restart: false } as const]),
    ...all.map(changeOf),
  ];
  if (base && all.length === 0) return;
  const result = model(start, all);
  if (result === null) {
    expect(checkOf(() => targetsOf(base, changes))).toBe('CHANGE-ABSENT');
    return;
  }
  const role = targetsOf(base, changes);
  const text = Buffer.from(role.document).toString('utf8');
  expect(text).toBe(expected(result, delegations));
  // the canonical form is its own canonical form, and the file around it reads back as it was written
  expect(canonicalBytes(parseStrictJson(role.document)).equals(role.document)).toBe(true);
  const file = notary.write(role.document, [], {});
  const document = notary.parse('targets', file);
  expect(Buffer.from(document.payload).equals(role.document)).toBe(true);
  const read = notary.targets(document);
  expect([...read.keys()].sort(compareUtf8)).toEqual([...result.keys()].sort(compareUtf8));
}

describe('R3: the change function against a plain map', () => {
  test('from nothing: any order of additions and removals gives the document of the map', () => {
    fc.assert(
      fc.property(steps, (all) => {
        check(null, new Map(), '{"keys":{},"roles":[]}', all);
      }),
      { numRuns: 400 },
    );
  });

  test.each(['a_one', 'b_names5', 'dk_one', 'k_rthr2both'] as const)(
    'over the captured %s: everything but the changed entries, version and expiry stays as it was',
    (folder) => {
      const context = { repository: capturedGun(folder), now: CAPTURED };
      const base = verifyRepository(notary, capturedRepository(folder), null, context);
      const signed = signedOf((base.targets.get('targets') as SignedDocument).payload);
      const entries = Object.entries((signed['targets'] ?? {}) as JsonObject);
      const start = new Map(entries.map(([name, entry]) => [name, canonicalBytes(entry).toString('utf8')]));
      const delegations = canonicalBytes(signed['delegations'] ?? null).toString('utf8');
      fc.assert(
        fc.property(steps, (all) => {
          check(base, start, delegations, all);
        }),
        { numRuns: 100 },
      );
      for (const name of start.keys()) check(base, start, delegations, [[name, null]]);
    },
  );

  test('the result depends on the last word for each name, not on the way there', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const result = model(new Map(), all);
        if (result === null) return;
        const direct = [...all].filter(
          ([name, content], at) => content !== null && !all.slice(at + 1).some(([later]) => later === name),
        );
        const init: Change = { type: 'init', restart: false };
        const one = targetsOf(null, [init, ...all.map(changeOf)]).document;
        const other = targetsOf(null, [init, ...direct.reverse().map(changeOf)]).document;
        expect(Buffer.compare(one, other)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
