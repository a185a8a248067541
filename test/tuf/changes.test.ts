import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, compareUtf8 } from '../../src/encoding/canonical-json.ts';
import { isObject, type JsonObject } from '../../src/encoding/json.ts';
import type { DelegationEdit } from '../../src/metadata/dialect.ts';
import type { SignedDocument, TargetEntry } from '../../src/metadata/document.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import { signedOf, withTargets } from '../peers/signed-content.ts';
import { EXPIRES, quorumOf, rootOf, signedBy, targetsOf, testKey } from './documents.ts';

const [first, second, third] = [testKey('ed25519'), testKey('ecdsa-p256'), testKey('ecdsa-p384')];

function documentOf(role: string, signed: JsonObject): SignedDocument {
  return tuf.parse(role, tuf.write(canonicalBytes(signed), [], {}));
}

function refusal(check: string): Error {
  return expect.objectContaining({ check }) as Error;
}

describe('withQuorums', () => {
  const withExtras = {
    ...rootOf([first]),
    'x-kept': { a: 1 },
    roles: { ...(rootOf([first])['roles'] as JsonObject), mirrors: { keyids: [], threshold: 1 } },
  };

  test('a quorum is replaced, and only the keys that nobody names any more go', () => {
    const next = tuf.withQuorums(withExtras, new Map([['root', quorumOf([second, third], 2)]]), 2, EXPIRES);
    const root = documentOf('root', next);
    expect(root.version).toBe(2);
    expect(tuf.declaredKeys(root, 'root').keys.map(({ id }) => id)).toEqual([second.id, third.id]);
    expect(tuf.declaredKeys(root, 'root').threshold).toBe(2);
    expect(Object.keys(next['keys'] as JsonObject).sort()).toEqual([first.id, second.id, third.id].sort());
    const roles = ['root', 'targets', 'snapshot', 'timestamp'];
    const all = tuf.withQuorums(next, new Map(roles.map((role) => [role, quorumOf([third])])), 3, EXPIRES);
    expect(Object.keys(all['keys'] as JsonObject)).toEqual([third.id]);
    expect(all['x-kept']).toBe(withExtras['x-kept']);
    expect(tuf.notUnderstood(documentOf('root', all))).toEqual(['/signed/x-kept', '/signed/roles/mirrors']);
  });

  test('an open slot stands under its own name, and no file with one is read', () => {
    const open = [{ id: 'root/1', value: null, open: true, canonicalId: 'known' }];
    const signed = tuf.withQuorums(
      rootOf([first]),
      new Map([['root', { threshold: 1, keys: open }]]),
      2,
      EXPIRES,
    );
    const unsigned = { ...signedBy('root', rootOf([first]), []), signed };
    expect(tuf.declaredKeys(unsigned, 'root').keys).toEqual([
      { id: 'slot:root/1', canonicalId: 'known', public: null },
    ]);
    expect(tuf.notUnderstood(unsigned)).toEqual([]);
    expect(() => documentOf('root', signed)).toThrow(refusal('METADATA-FORM'));
  });

  test('METADATA-KEY an adopted root that lists another key under the ID of a new one', () => {
    const root = rootOf([first]);
    const [stranger] = Object.values(root['keys'] as JsonObject);
    const keys = { [first.id]: stranger!, [second.id]: stranger! };
    expect(() =>
      tuf.withQuorums({ ...root, keys }, new Map([['root', quorumOf([second])]]), 2, EXPIRES),
    ).toThrow(refusal('METADATA-KEY'));
  });
});

describe('METADATA-FORM of a root', () => {
  const root = rootOf([first]);
  const roles = root['roles'] as JsonObject;
  test.each<[string, JsonObject]>([
    ['a role is missing', { roles: { ...roles, snapshot: null } }],
    ['a threshold of none', { roles: { ...roles, root: { keyids: [first.id], threshold: 0 } } }],
    ['a key listed twice', { roles: { ...roles, root: { keyids: [first.id, first.id], threshold: 1 } } }],
    ['a key that it does not hold', { roles: { ...roles, root: { keyids: ['x'], threshold: 1 } } }],
    ['consistent in words', { consistent_snapshot: 'yes' }],
    ['no keys', { keys: null }],
  ])('%s', (_, change) => {
    expect(() => documentOf('root', { ...root, ...change })).toThrow(refusal('METADATA-FORM'));
  });

  test('without `consistent_snapshot` it is not consistent', () => {
    const { consistent_snapshot: consistent, ...rest } = root;
    expect(consistent).toBe(true);
    expect(tuf.consistent(documentOf('root', rest))).toBe(false);
  });
});

describe('withTargets', () => {
  const a = { length: 1, hashes: { sha256: 'aa'.repeat(32) } };

  test('what only others understand stays with content that stays, and goes with content that changes', () => {
    const extra = { custom: { note: 1 }, 'x-other': true };
    const custom = { note: 2 };
    const signed = {
      ...targetsOf([]),
      'x-kept': 1,
      targets: { same: { ...a, ...extra }, bare: { ...a, ...extra }, new: { ...a, ...extra } },
    };
    const changed = new Map<string, TargetEntry | null>([
      ['same', { length: 1, hashes: { sha256: 'aa'.repeat(32), sha512: 'cc'.repeat(64) }, custom }],
      ['bare', a],
      ['new', { length: 1, hashes: { sha256: 'bb'.repeat(32) } }],
    ]);
    const next = withTargets(tuf, signed, changed, 2, EXPIRES);
    expect(next['targets']).toEqual({
      same: { ...changed.get('same'), custom, 'x-other': true },
      bare: { ...a, 'x-other': true },
      new: changed.get('new'),
    });
    expect(next['x-kept']).toBe(1);
    expect(tuf.notUnderstood(documentOf('targets', next))).toEqual([
      '/signed/x-kept',
      '/signed/targets/bare/x-other',
      '/signed/targets/same/x-other',
    ]);
  });

  test('hashes that share no algorithm do not make content the same', () => {
    const signed = {
      ...targetsOf([]),
      targets: { x: { length: 1, hashes: { sha512: 'cc'.repeat(64) }, custom: 1 } },
    };
    expect(withTargets(tuf, signed, new Map([['x', a]]), 2, EXPIRES)['targets']).toEqual({ x: a });
  });

  test('any names, `__proto__` too, are put in, read back, compared by identity and removed', () => {
    const name = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', '10', '9'),
      fc.string({ minLength: 1 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const before = documentOf('targets', targetsOf(names));
        expect([...tuf.targets(before).keys()]).toEqual([...names].sort(compareUtf8));
        const signed = signedOf(tuf.withTargets(before, new Map([['z/new', a]]), 2, EXPIRES));
        expect([...tuf.targets(documentOf('targets', signed), before)]).toEqual([['z/new', a]]);
        const gone = new Map([...names, 'z/new'].map((one) => [one, null]));
        expect(withTargets(tuf, signed, gone, 3, EXPIRES)['targets']).toEqual({});
      }),
      { numRuns: 200 },
    );
  });
});

describe('withDelegations', () => {
  function edit(role: string, more: Partial<NonNullable<DelegationEdit['declared']>> = {}): DelegationEdit {
    const declared = {
      quorum: quorumOf([first]),
      paths: [`${role}/*`],
      hashPrefixes: [],
      terminating: false,
    };
    return { role, declared: { ...declared, ...more } };
  }
  const start = tuf.withDelegations(targetsOf(['kept']), [
    edit('b'),
    edit('a', { quorum: quorumOf([second]) }),
  ]);

  function rolesOf(signed: JsonObject): readonly string[] {
    return tuf.delegations(documentOf('targets', signed)).map(({ role }) => role);
  }

  test('roles keep their order and what others wrote, new ones come last, keys without a role go', () => {
    const delegations = start['delegations'] as { keys: JsonObject; roles: JsonObject[] };
    const [b, a] = delegations.roles;
    const withNotes = {
      ...start,
      delegations: { ...delegations, 'x-all': 1, roles: [{ ...b, 'x-one': 2 }, a!] },
    };
    const next = tuf.withDelegations(withNotes, [
      edit('c', { paths: [], hashPrefixes: ['0a'], terminating: true }),
      edit('b', { paths: [], hashPrefixes: ['ff'], quorum: quorumOf([third]) }),
    ]);
    expect(rolesOf(next)).toEqual(['b', 'a', 'c']);
    const after = next['delegations'] as { keys: JsonObject; roles: JsonObject[] };
    expect(after.roles[0]).toEqual({
      'x-one': 2,
      keyids: [third.id],
      name: 'b',
      path_hash_prefixes: ['ff'],
      terminating: false,
      threshold: 1,
    });
    expect(Object.keys(after.keys).sort()).toEqual([first.id, second.id, third.id].sort());
    const less = tuf.withDelegations(next, [{ role: 'b', declared: null }]);
    expect(rolesOf(less)).toEqual(['a', 'c']);
    expect(Object.keys((less['delegations'] as { keys: JsonObject }).keys)).not.toContain(third.id);
    expect(tuf.notUnderstood(documentOf('targets', next))).toEqual([
      '/signed/delegations/x-all',
      '/signed/delegations/roles/0/x-one',
    ]);
    expect(tuf.delegatedKeys(documentOf('targets', less), 'b')).toBeNull();
    expect(less['targets']).toBe(start['targets']);
  });

  test('without an edit nothing changes, and a document without delegations stays so', () => {
    expect(tuf.withDelegations(start, [])).toBe(start);
    expect(tuf.delegations(documentOf('targets', targetsOf([])))).toEqual([]);
    expect(tuf.delegatedKeys(documentOf('targets', targetsOf([])), 'a')).toBeNull();
  });

  test.each(['root', 'targets', 'snapshot', 'timestamp', '', 'a\nb', 'x'.repeat(230), '\ud800'])(
    'no delegated role is called %j',
    (role) => {
      const [entry] = (start['delegations'] as { roles: JsonObject[] }).roles;
      const delegations = { ...(start['delegations'] as JsonObject), roles: [{ ...entry, name: role }] };
      expect(() => documentOf('targets', { ...start, delegations })).toThrow();
      expect(() => tuf.withDelegations(start, [edit(role)])).toThrow(refusal('NAME-ROLE'));
    },
  );

  test.each(['[ab]', '{a,b}', 'a\\b', '!a', 'a/#b', '+(a)', '/a', 'a//b', '../a', 'a/.', '', 'a\u0001'])(
    'NAME-PATH no new path %j, and what is there already stays',
    (path) => {
      expect(() => tuf.withDelegations(start, [edit('b', { paths: [path] })])).toThrow(refusal('NAME-PATH'));
      const [entry] = (start['delegations'] as { roles: JsonObject[] }).roles;
      const delegations = { ...(start['delegations'] as JsonObject), roles: [{ ...entry, paths: [path] }] };
      const next = tuf.withDelegations({ ...start, delegations }, [edit('b', { paths: [path, 'more'] })]);
      expect((next['delegations'] as { roles: JsonObject[] }).roles[0]?.['paths']).toEqual([path, 'more']);
    },
  );

  test.each<[string, readonly string[], readonly string[]]>([
    ['both forms', ['a'], ['0']],
    ['a prefix in upper case', [], ['AB']],
    ['an empty prefix', [], ['']],
  ])('NAME-PATH %s', (_, paths, hashPrefixes) => {
    expect(() => tuf.withDelegations(start, [edit('b', { paths, hashPrefixes })])).toThrow(
      refusal('NAME-PATH'),
    );
  });

  test.each<[string, JsonObject]>([
    ['a role twice', {}],
    ['both forms', { name: 'z', path_hash_prefixes: ['0'] }],
    ['neither form', { name: 'z', paths: null }],
    ['paths that are not text', { name: 'z', paths: [1] }],
    ['nothing on terminating', { name: 'z', terminating: null }],
    ['no threshold', { name: 'z', threshold: '1' }],
    ['a key that is not held', { name: 'z', keyids: ['x'] }],
  ])('METADATA-FORM %s', (_, change) => {
    const delegations = start['delegations'] as { keys: JsonObject; roles: JsonObject[] };
    const roles = [...delegations.roles, { ...delegations.roles[0], ...change }];
    expect(() => documentOf('targets', { ...start, delegations: { ...delegations, roles } })).toThrow(
      refusal('METADATA-FORM'),
    );
  });
});

describe('newSnapshot and newTimestamp', () => {
  const top = documentOf('targets', targetsOf(['a']));
  const below = documentOf('team', targetsOf(['b']));

  test('what was listed stays, changed files come with version, length and SHA-256', () => {
    const old = tuf.newSnapshot(
      null,
      new Map([
        ['targets', top],
        ['team', below],
      ]),
      1,
      EXPIRES,
    );
    const meta = {
      ...(old['meta'] as JsonObject),
      'gone.json': { version: 7 },
      'root.json': { version: 1 },
      odd: {},
    };
    const before = documentOf('snapshot', { ...old, 'x-kept': 1, meta });
    const next = documentOf('targets', { ...targetsOf(['a', 'c']), version: 2 });
    const signed = tuf.newSnapshot(before, new Map([['targets', next]]), 2, EXPIRES);
    const snapshot = documentOf('snapshot', signed);
    const listed = tuf.listed(snapshot);
    expect([...listed.keys()].sort()).toEqual(['gone', 'targets', 'team']);
    expect(listed.get('gone')).toEqual({ version: 7, length: null, hashes: {} });
    expect(listed.get('team')).toEqual(tuf.listed(before).get('team'));
    expect(listed.get('targets')).toMatchObject({ version: 2, length: next.file.length });
    expect(listed.get('targets')?.hashes).not.toEqual(tuf.listed(before).get('targets')?.hashes);
    expect(Object.keys(signed['meta'] as JsonObject)).toContain('root.json');
    expect(tuf.notUnderstood(snapshot)).toEqual([
      '/signed/x-kept',
      '/signed/meta/odd',
      '/signed/meta/root.json',
    ]);

    const stamp = documentOf('timestamp', tuf.newTimestamp(null, snapshot, 1, EXPIRES));
    expect([...tuf.listed(stamp)]).toMatchObject([
      ['snapshot', { version: 2, length: snapshot.file.length }],
    ]);
    const later = tuf.newTimestamp(
      { ...stamp, signed: { ...stamp.signed, 'x-kept': 1 } },
      before,
      2,
      EXPIRES,
    );
    expect(later).toMatchObject({ 'x-kept': 1, _type: 'timestamp', version: 2 });
  });

  test.each<[string, JsonObject]>([
    ['no snapshot', {}],
    ['an entry without version', { 'snapshot.json': { length: 1 } }],
    ['a hash that is none', { 'snapshot.json': { version: 1, hashes: { sha256: 'x' } } }],
    ['a length in text', { 'snapshot.json': { version: 1, length: '1' } }],
    ['an entry that is no object', { 'snapshot.json': 1 }],
  ])('METADATA-FORM a timestamp with %s', (_, meta) => {
    const signed = { ...targetsOf([]), _type: 'timestamp', meta };
    expect(() => documentOf('timestamp', signed)).toThrow(refusal('METADATA-FORM'));
  });
});

test('as many members that are not understood are named as fit a screen, whatever the order of the file', () => {
  const targets = targetsOf(Array.from({ length: 50 }, (_, at) => `t~/${String(at)}`))[
    'targets'
  ] as JsonObject;
  const odd = Object.entries(targets).map(([name, entry]) => [
    name,
    { ...(isObject(entry) ? entry : {}), x: 1 },
  ]);
  const pointers = tuf.notUnderstood(
    documentOf('targets', { ...targetsOf([]), targets: Object.fromEntries(odd) as JsonObject }),
  );
  expect(pointers).toHaveLength(20);
  expect(pointers[0]).toBe('/signed/targets/t~0~10/x');
});
