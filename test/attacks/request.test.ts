import { createHash } from 'node:crypto';
import { cpSync, symlinkSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import { forge, stolenKey, strangersKey, type ForgedContents, type ForgedRequest } from '../peers/forge.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { signAll, station, type TestStation } from '../peers/stations.ts';
import { review } from '../../src/offline/review.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { expectRefusal, expectThrown } from './refusal.ts';
import { publishedScene, type Scene } from './scene.ts';

const DAY = 86_400_000;
const time = (days: number): string => `${new Date(Date.now() + days * DAY).toISOString().slice(0, 19)}Z`;
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let app: Scene & { readonly next: string };

type Attack = (manifest: ForgedRequest, contents: ForgedContents) => void;

/** The only repository of the request, and the only role that it changes. */
function parts(manifest: ForgedRequest): {
  record: ForgedRequest['repositories'][number];
  role: ForgedRequest['repositories'][number]['result'][number];
} {
  const [record] = manifest.repositories;
  const [role] = record?.result ?? [];
  if (!record || !role) throw new Error('no repository in the request');
  return { record, role };
}

interface TargetsDocument {
  version: number;
  expires: string;
  targets: Record<string, unknown>;
}

/** Changes the unsigned document, and everything that the request says of it. */
function rewrite(
  manifest: ForgedRequest,
  contents: ForgedContents,
  edit: (signed: TargetsDocument) => void,
): void {
  const { role } = parts(manifest);
  role.document = contents.edit(role.document, edit);
  role.payload = sha256(contents.get(role.document));
}

function withEvidence(
  name: string,
  change: (added: { evidence: string; length: number; hashes: { sha256: string } }) => void,
  target = 'next',
): Attack {
  return (manifest, contents) => {
    const { record } = parts(manifest);
    const file = contents.put(name);
    record.changes = contents.edit(record.changes, (changes: never[]) => {
      const [added] = changes as unknown as {
        evidence: string;
        length: number;
        hashes: { sha256: string };
      }[];
      if (!added) throw new Error('no change');
      added.evidence = sha256(name);
      change(added);
    });
    record.evidence = [{ role: 'targets', target, file }];
  };
}

const ATTACKS: readonly [rule: string, check: string, attack: Attack][] = [
  ['R1 another environment', 'KEY-ENVIRONMENT', (m) => void (m.environment = 'rehearsal')],
  [
    'R6 another recipient',
    'EXCHANGE-RECIPIENT',
    (m) => m.to.forEach((to) => (to.key = strangersKey().identity)),
  ],
  ['R6 M6 an old sequence', 'EXCHANGE-SEQUENCE', (m) => void (m.sequence = 3)],
  ['R6 M13 a fast-forwarded sequence', 'EXCHANGE-SEQUENCE', (m) => void (m.sequence += 2_000_000)],
  ['R6 M13 the largest sequence', 'EXCHANGE-SEQUENCE', (m) => void (m.sequence = Number.MAX_SAFE_INTEGER)],
  ['R6 M6 a stick that was withheld', 'REQUEST-EXPIRED', (m) => void (m.notAfter = time(-1))],
  ['R3 a misnamed operation', 'POLICY-OPERATION', (m) => void (parts(m).record.operation = 'refresh')],
  [
    'R3 one more target in the unsigned metadata',
    'REQUEST-RECOMPUTED',
    (m, contents) => {
      rewrite(m, contents, (signed) => {
        signed.targets['evil'] = { hashes: { sha256: Buffer.alloc(32).toString('base64') }, length: 1 };
      });
    },
  ],
  [
    'R3 another version inside the unsigned metadata',
    'REQUEST-RECOMPUTED',
    (m, contents) => {
      rewrite(m, contents, (signed) => (signed.version += 1));
    },
  ],
  [
    'R3 a payload digest of something else',
    'REQUEST-RECOMPUTED',
    (m) => void (parts(m).role.payload = sha256('something else')),
  ],
  [
    'R3 a change list that leads elsewhere',
    'REQUEST-RECOMPUTED',
    (m, contents) => {
      const { record } = parts(m);
      record.changes = contents.edit(record.changes, (changes: { length: number }[]) => {
        for (const change of changes) change.length = 101;
      });
    },
  ],
  [
    'R3 another signer',
    'REQUEST-SIGNERS',
    (m) => parts(m).role.signers.forEach((signer) => (signer.keyid = sha256('a key of the attacker'))),
  ],
  ['R3 a lower threshold', 'REQUEST-SIGNERS', (m) => void (parts(m).role.needs = { old: 0, new: 0 })],
  [
    'R7 M13 a version jump',
    'VERSION-JUMP',
    (m, contents) => {
      rewrite(m, contents, (signed) => (signed.version += 1_500));
      parts(m).role.version += 1_500;
    },
  ],
  [
    'R7 M13 the largest version',
    'VERSION-JUMP',
    (m, contents) => {
      rewrite(m, contents, (signed) => (signed.version = 2_147_483_648));
      parts(m).role.version = 2_147_483_648;
    },
  ],
  [
    'R7 a version that goes back',
    'VERSION-BACK',
    (m, contents) => {
      rewrite(m, contents, (signed) => (signed.version = 3));
      parts(m).role.version = 3;
    },
  ],
  ...(
    [
      ['in a hundred years', 36_500],
      ['tomorrow at the latest', 0],
      ['last year', -365],
    ] as const
  ).map(([when, days]): [string, string, Attack] => [
    `M13 an expiry ${when}`,
    'POLICY-EXPIRY',
    (m, contents) => {
      const expires = time(days);
      rewrite(m, contents, (signed) => (signed.expires = expires));
      parts(m).role.expires = expires;
    },
  ]),
  [
    'R1 a base that is not the file’s',
    'REQUEST-BASE',
    (m) => parts(m).record.base.forEach((entry) => (entry.version += 1)),
  ],
  [
    'R1 no base at all',
    'CHAIN-LINEAGE',
    (m, contents) => {
      const { record } = parts(m);
      record.roots = [];
      record.base = record.base.map(({ role }) => ({ role, version: 0, sha256: '0'.repeat(64), file: null }));
      record.changes = contents.put('[{"type":"init"}]');
    },
  ],
  ['R3 a manifest with other bytes', 'REQUEST-EVIDENCE', withEvidence('other bytes', () => undefined)],
  ['R3 a manifest for another target', 'REQUEST-EVIDENCE', withEvidence('{}', () => undefined, 'another')],
  [
    'R3 a manifest that nobody names',
    'REQUEST-EVIDENCE',
    (m, contents) => {
      parts(m).record.evidence = [{ role: 'targets', target: 'next', file: contents.put('{}') }];
    },
  ],
  [
    'R3 a manifest that was named and left out',
    'REQUEST-EVIDENCE',
    (m, contents) => {
      withEvidence('{}', () => undefined)(m, contents);
      parts(m).record.evidence = [];
    },
  ],
];

describe.each(DIALECT_NAMES)('a request for %s of an online half that the attacker owns', (dialect) => {
  beforeAll(async () => {
    app = await publishedScene(3, undefined, dialect);
  });

  test.each(ATTACKS)('%s is refused: %s', async (_, check, attack) => {
    const file = await app.forged('next.request.tar', attack);
    const { home } = app.offline;
    await expectThrown(
      home,
      () => withOfflineStation(home, 'review', (station) => review(station, file, [])),
      check,
    );
  });

  test('R17 sign refuses as review does, before a passphrase is read, and writes nothing to the stick', async () => {
    const file = await app.forged('next.request.tar', (m) => void (parts(m).role.payload = sha256('other')));
    const digest = (await app.offline.ok<{ digest: string }>('bundle', 'digest', file)).digest;
    const out = app.on('never.tar');
    const args = ['sign', file, '-o', out, '--passphrase-file', '/nonexistent', '--approve', digest];
    const { expected, found, where, hint } = await expectRefusal(app.offline, args, 'REQUEST-RECOMPUTED');
    expect([expected, found]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), sha256('other')]);
    expect(where).toContain(app.gun);
    expect(hint === undefined || hint.length > 0).toBe(true);
    await expect(app.offline.run(['bundle', 'verify', out])).resolves.toMatchObject({ code: 6 });
  });

  test('R5 SEAL-STRANGER: a stranger’s seal, under the stranger’s name or the real one', async () => {
    for (const name of ['stranger', 'real'] as const) {
      const key = strangersKey();
      const real = stolenKey(app.online.home).identity;
      const to = app.on(`${name}.tar`);
      await forge<RequestManifest>(app.on('next.request.tar'), to, key, (m) => {
        if (name === 'real') m.from.key = real;
      });
      await expectRefusal(app.offline, ['review', to], 'SEAL-STRANGER');
    }
  });

  test('R5 SEAL-SIDE: a request that a paired offline station sealed', async () => {
    const second = await station('offline', 'second');
    const card = app.on('second.card');
    const { digest } = await second.ok<{ digest: string }>('station', 'card', '-o', card);
    await app.offline.ok('station', 'pair', card, '--approve', digest);
    const to = app.on('offline-sealed.tar');
    await forge<RequestManifest>(app.on('next.request.tar'), to, stolenKey(second.home), () => undefined);
    const { found } = await expectRefusal(app.offline, ['review', to], 'SEAL-SIDE');
    expect(found).toBe('second');
  });

  test('R5 SEAL-SENDER: the real seal under another sender', async () => {
    const file = await app.forged('next.request.tar', (m) => void (m.from.key = strangersKey().identity));
    await expectRefusal(app.offline, ['review', file], 'SEAL-SENDER');
  });

  test('R5 M15 a request sealed as a response, and a response sealed as a request, are neither', async () => {
    await expectRefusal(app.offline, ['review', app.on('round-3.response.tar')], 'SEAL-OWN');
    await expectRefusal(app.online, ['publish', app.on('next.request.tar')], 'SEAL-OWN');
    const reflected = app.on('reflected.tar');
    await forge(app.on('round-3.response.tar'), reflected, stolenKey(app.online.home), () => undefined);
    await expectRefusal(app.offline, ['review', reflected], 'SEAL-SIGNATURE');
  });

  test('R6 EXCHANGE-REPLAY: an answered request, signed or reviewed again', async () => {
    const answered = app.on('round-2.request.tar');
    await expectRefusal(app.offline, ['review', answered], 'EXCHANGE-REPLAY');
    const sign = ['sign', answered, '-o', app.on('again.tar'), ...app.secrets];
    const { hint } = await expectRefusal(app.offline, sign, 'EXCHANGE-REPLAY');
    expect(hint).toContain('resend');
  });

  test('R7 CHAIN-SEEN: an old base under a new sequence', async () => {
    const { sequence } = await manifestOf(app, app.on('next.request.tar'));
    const file = await app.forged('round-2.request.tar', (m) => void (m.sequence = sequence + 1));
    await expectRefusal(app.offline, ['review', file], 'CHAIN-SEEN');
  });

  test('R8 R17 --approve of another digest, or without --accept for what must be typed', async () => {
    const sign = ['sign', app.on('next.request.tar'), '-o', app.on('no.tar'), ...app.secrets];
    await expectRefusal(app.offline, [...sign, '--approve', sha256('another')], 'APPROVE-DIGEST');
    await expectRefusal(app.offline, [...sign, '--approve', app.next.slice(0, 32)], 'APPROVE-DIGEST');
    const late = await app.forged('next.request.tar', (m) => void (m.created = time(-3)));
    const { digest } = await app.offline.ok<{ digest: string }>('bundle', 'digest', late);
    await app.offline.ok('review', late);
    const scripted = ['sign', late, '-o', app.on('no.tar'), ...app.secrets, '--approve', digest];
    const { expected } = await expectRefusal(app.offline, scripted, 'APPROVE-ANOMALY');
    expect(expected).toMatch(/^--accept CLOCK:/);
    const other = ['--accept', 'CLOCK:2020-01-01T00:00:00Z', '--accept', '*', '--accept', 'CLOCK'];
    await expectRefusal(app.offline, [...scripted, ...other], 'APPROVE-ANOMALY');
  });

  test('R2 MEDIA-KIND: a link on the stick is not followed', async () => {
    cpSync(app.on('next.request.tar'), app.on('real.tar'));
    symlinkSync(app.on('real.tar'), app.on('link.tar'));
    await expectRefusal(app.offline, ['review', app.on('link.tar')], 'MEDIA-KIND');
  });

  test('R3 R7 VERSION-TAKEN: a second content for a version that was signed; the same request unharmed before', async () => {
    const sequence = (await manifestOf(app, app.on('next.request.tar'))).sequence;
    await app.offline.ok('review', app.on('next.request.tar'));
    await signAll(app, 'next.request.tar', 'next.response.tar');
    const file = await app.forged('next.request.tar', (m, contents) => {
      m.sequence = sequence + 1;
      m.id = 'ab'.repeat(16);
      const { record } = parts(m);
      record.changes = contents.edit(record.changes, (changes: { length: number }[]) => {
        for (const change of changes) change.length = 666;
      });
      rewrite(m, contents, (signed) => {
        (signed.targets['next'] as { length: number }).length = 666;
      });
    });
    await expectRefusal(app.offline, ['review', file], 'VERSION-TAKEN');
  });
});

async function manifestOf(
  pair: { readonly offline: TestStation },
  file: string,
): Promise<{ sequence: number }> {
  const shown = await pair.offline.ok<{ manifest: { sequence: number } }>('bundle', 'inspect', file);
  return shown.manifest;
}
