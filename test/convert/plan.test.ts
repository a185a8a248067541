import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { contentOf } from '../peers/signed-content.ts';
import type { Json, JsonObject } from '../../src/encoding/json.ts';
import { CountersignError } from '../../src/errors.ts';
import type { SignedDocument } from '../../src/metadata/document.ts';
import { publicKeyFromSpki } from '../../src/metadata/public-key.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import type { VerifiedRepository } from '../../src/metadata/verified.ts';
import { planConversion, type Conversion, type Departures } from '../../src/online/convert/plan.ts';

const CONTEXT = { repository: 'test.example/app', now: 0 };
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const value = notary.keyValue(publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' })));
const KEY = {
  id: notary.readKey('targets/a', value, CONTEXT).id,
  object: JSON.parse(Buffer.from(value).toString()) as JsonObject,
};

interface Role {
  readonly targets?: Readonly<Record<string, number>>;
  /** Path by role below; with `keys` none where the delegation has none. */
  readonly below?: Readonly<Record<string, readonly string[]>>;
  readonly keyids?: readonly string[];
  readonly custom?: Json;
}

function documentOf(
  role: string,
  { targets = {}, below = {}, keyids = [KEY.id], custom }: Role,
): SignedDocument {
  const entries = Object.entries(targets).map(([name, number]) => {
    const hash = Buffer.alloc(32, number).toString('base64');
    return [
      name,
      { hashes: { sha256: hash }, length: number, ...(custom === undefined ? {} : { custom }) },
    ] as const;
  });
  const roles = Object.entries(below).map(([name, paths]) => ({
    name,
    paths: [...paths],
    keyids: [...keyids],
    threshold: 1,
  }));
  const content = contentOf({
    targets: Object.fromEntries(entries),
    delegations: { keys: { [KEY.id]: KEY.object }, roles },
  });
  const none = new Uint8Array();
  return { role, version: 1, expires: 0, ...content, payload: none, signatures: [], outside: {}, file: none };
}

function plan(
  roles: Readonly<Record<string, Role>>,
  departures: Partial<Departures> = {},
  broken: readonly { role: string; message: string }[] = [],
): Conversion {
  const targets = new Map(Object.entries(roles).map(([role, made]) => [role, documentOf(role, made)]));
  const verified = { targets } as unknown as VerifiedRepository;
  const source = { name: CONTEXT.repository, dialect: notary, verified, broken };
  return planConversion(source, tuf, { without: [], merge: [], ...departures });
}

function checkOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CountersignError) return error.check;
    throw error;
  }
  return 'none';
}

const added = ({ changes }: Conversion): string[] =>
  changes.flatMap((change) =>
    change.type === 'add' ? [`${change.role} ${change.name} ${String(change.length)}`] : [],
  );

describe('what a Notary repository becomes', () => {
  const nested = {
    targets: { targets: { top: 1 }, below: { 'targets/a': ['a/'] } },
    'targets/a': { targets: { 'a/x': 2, outside: 9 }, below: { 'targets/a/b': ['a/b/', 'wider'] } },
    'targets/a/b': { targets: { 'a/b/y': 3 } },
  };

  test('nested roles keep their parents, with what the roles above let them hold, and targets that count', () => {
    const made = plan(nested);
    expect(made.roles.map(({ role, parent }) => [role, parent])).toEqual([
      ['a', 'targets'],
      ['a.b', 'a'],
    ]);
    expect(made.roles[1]?.names.paths.every((path) => path.startsWith('a/b/*'))).toBe(true);
    expect(added(made)).toEqual(['targets top 1', 'a a/x 2', 'a.b a/b/y 3']);
    expect(made.notes).toContain('targets/a: 1 target outside its paths, which no client takes');
  });

  test('--without leaves out, --merge takes over, each with everything below', () => {
    const without = plan(nested, { without: ['targets/a'] });
    expect([without.roles, added(without)]).toEqual([[], ['targets top 1']]);
    const merged = plan(nested, { merge: ['targets/a'] });
    expect([merged.roles, added(merged)]).toEqual([
      [],
      ['targets top 1', 'targets a/x 2', 'targets a/b/y 3'],
    ]);
    const inner = plan(nested, { merge: ['targets/a/b'] });
    expect(inner.roles.map(({ role }) => role)).toEqual(['a']);
  });

  test('custom data go along, where TUF takes them', () => {
    const customs = (custom: Json): [Json | undefined, readonly string[]] => {
      const { changes, notes } = plan({ targets: { targets: { v1: 1 }, custom } });
      return [changes.find((change) => change.type === 'add')?.custom, notes];
    };
    expect(customs({ by: 'me' })).toEqual([{ by: 'me' }, []]);
    const behind =
      'targets: custom data of 1 target that cannot be said in the new repository stays behind, in the archive';
    for (const custom of ['text', [1], { a: 'x'.repeat(70_000) }])
      expect(customs(custom)).toEqual([undefined, [behind]]);
  });

  test('what differs between roles and what may hold no names are said', () => {
    const { notes } = plan({
      targets: { targets: { v1: 1 }, below: { 'targets/releases': [''], 'targets/none': [] } },
      'targets/releases': { targets: { v1: 2 } },
    });
    expect(notes).toEqual([
      'targets/none is left out: it may hold no names',
      'v1 differs between targets and releases: TUF clients take that of targets',
    ]);
  });

  test.each<[string, () => unknown]>([
    [
      'CONVERT-CLASH',
      () =>
        plan(
          {
            targets: { targets: { v1: 1 }, below: { 'targets/a': [''] } },
            'targets/a': { targets: { v1: 2 } },
          },
          { merge: ['targets/a'] },
        ),
    ],
    ['CONVERT-PATHS', () => plan({ targets: { below: { 'targets/a': ['v[1]'] } } })],
    ['CONVERT-KEYS', () => plan({ targets: { below: { 'targets/a': [''] }, keyids: [] } })],
    [
      'CONVERT-ROLE',
      () =>
        plan({ targets: { below: { 'targets/a': [''] } } }, {}, [{ role: 'targets/a', message: 'unsigned' }]),
    ],
    ['CONVERT-ROLE', () => plan({ targets: {} }, { merge: ['targets/a'] })],
    ['CONVERT-ROLE', () => plan({ targets: {} }, { without: ['targets'] })],
    ['NAME-TARGET', () => plan({ targets: { targets: { 'a//b': 1 } } })],
  ])('%s refuses', (check, run) => {
    expect(checkOf(run)).toBe(check);
  });
});
