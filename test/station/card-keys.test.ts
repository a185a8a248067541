import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSeal, preAuthentication } from '../../src/bundle/seal.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { parseCanonicalJson } from '../../src/encoding/strict-json.ts';
import { readCard } from '../../src/station/cards/card.ts';
import type { Card } from '../../src/station/cards/card-document.ts';
import { keyHolders } from '../../src/station/keys/key-holders.ts';
import { pairWithCard, type KeyNews } from '../../src/station/cards/pair.ts';
import { partners } from '../../src/station/cards/pairing.ts';
import { expectRefusal } from '../attacks/refusal.ts';
import { homeState } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { softHsm } from '../peers/softhsm.ts';
import { station, stations, withOnlineKeys, type TestStation, type TestStations } from '../peers/stations.ts';
import { endOf, inHome, newHome } from './homes.ts';

let scene: TestStations;
beforeAll(async () => {
  scene = await stations();
  for (const algorithm of ['ecdsa-p384', 'rsa-2048'])
    await scene.offline.ok(
      'key',
      'generate',
      'root',
      '--keyfile',
      '--algorithm',
      algorithm,
      '--label',
      algorithm,
      ...scene.secrets,
    );
  await scene.offline.ok(
    'key',
    'generate',
    'targets',
    '--keyfile',
    '--algorithm',
    'ed25519',
    ...scene.secrets,
  );
});

/** Card of the offline station with the keys that flags choose. */
async function card(name: string, ...flags: string[]): Promise<{ file: string; digest: string; card: Card }> {
  const file = scene.on(name);
  const { digest } = await scene.offline.ok<{ digest: string }>('station', 'card', '-o', file, ...flags);
  return { file, digest, card: (await readCard(readFileSync(file))).card };
}

const linesOf = ({ home }: TestStation) => homeState(home).ledger;
const agree = (): Promise<void> => Promise.resolve();

describe('cards with signing keys (M16)', () => {
  test('a key of each kind is on the card, proves itself, and is recorded; the card verifies as a file', async () => {
    const { file, digest, card: written } = await card('all.card', ...scene.secrets);
    const listed = await scene.offline.ok<{ keys: { id: string; role: string; algorithm: string }[] }>(
      'key',
      'list',
    );
    const ids = listed.keys.map(({ id }) => id).sort();
    expect(written.keys.map(({ keyid }) => keyid)).toEqual(ids);
    expect(written.keys.map(({ algorithm }) => algorithm).sort()).toEqual([
      'ecdsa-p256',
      'ecdsa-p384',
      'ed25519',
      'rsa-2048',
    ]);
    expect(linesOf(scene.offline).at(-1)).toMatchObject({ event: 'card', data: { digest, keys: ids } });
    expect(await scene.offline.ok('bundle', 'verify', file)).toMatchObject({ kind: 'card', digest });
    const shown = await scene.offline.run(['bundle', 'inspect', file]);
    for (const id of ids) expect(shown.stdout).toContain(id);
  });

  test('without keys no secret is asked for; with one named, that one alone is listed', async () => {
    expect((await card('none.card', '--without-keys')).card.keys).toEqual([]);
    const [key] = (await card('again.card', ...scene.secrets)).card.keys;
    const named = await card('one.card', '--key', key?.keyid ?? '', ...scene.secrets);
    expect(named.card.keys.map(({ keyid }) => keyid)).toEqual([key?.keyid]);
    await expectRefusal(
      scene.offline,
      ['station', 'card', '-o', scene.on('x.card'), '--key', 'ffffffff'],
      'KEY-UNKNOWN',
      { exit: 2 },
    );
    const asked = ['station', 'card', '-o', scene.on('asked.card')];
    expect((await scene.offline.run([...asked, '--json'])).code).toBe(6);
  });

  test('M16 FILE-EXISTS is said before a key signs; an online card proves its keys of snapshot and timestamp', async () => {
    const before = linesOf(scene.offline).length;
    const taken = ['station', 'card', '-o', scene.on('none.card'), ...scene.secrets, '--json'];
    expect((await scene.offline.run(taken)).code).toBe(2);
    expect(linesOf(scene.offline)).toHaveLength(before);
    await withOnlineKeys(scene);
    await scene.online.ok(
      ...['station', 'card', '-o', scene.on('build.card'), '--passphrase-file', scene.passphraseFile],
    );
    const { keys } = (await readCard(readFileSync(scene.on('build.card')))).card;
    expect(keys.map(({ role }) => role).sort()).toEqual(['snapshot', 'timestamp']);
  });

  test('every byte of a card with keys, changed, is refused', async () => {
    const file = readFileSync(new URL('../../bundle-schema/vectors/valid/card-keys.card', import.meta.url));
    const copy = Buffer.from(file);
    for (let at = 0; at < copy.length; at++) {
      copy[at] = (file[at] as number) ^ (1 << (at % 8));
      expect(await endOf(() => readCard(copy))).toMatch(/^(?:CARD|SEAL)-[A-Z]+ 3$/);
      copy[at] = file[at] as number;
    }
  });

  test('keys in a token prove themselves by its PIN', async () => {
    const token = await softHsm('vault');
    const made = await stations({ token });
    const file = made.on('token.card');
    const { keys } = await made.offline.ok<{ keys: object[] }>(
      'station',
      'card',
      '-o',
      file,
      ...made.secrets,
    );
    expect(keys).toMatchObject([{ role: 'root', algorithm: 'ecdsa-p256' }]);
    expect((await readCard(readFileSync(file))).card.keys).toHaveLength(1);
  });
});

describe('pairing pins keys', () => {
  test('R1 the keys of a partner are known by its name; a new card brings new ones, and says which are gone', async () => {
    const all = await card('pin-all.card', ...scene.secrets);
    const [first, ...others] = all.card.keys;
    const one = await card('pin-one.card', '--key', first?.keyid ?? '', ...scene.secrets);
    await inHome(await newHome('safe'), async (home) => {
      const news: KeyNews[] = [];
      const pair = (file: string) =>
        pairWithCard(home, file, null, (_card, _digest, said) => {
          news.push(said);
          return Promise.resolve();
        });
      await pair(one.file);
      expect([...keyHolders(home)]).toEqual([
        [first?.keyid, { identity: partners(home)[0]?.identity, name: 'vault', side: 'offline' }],
      ]);
      await pair(all.file);
      expect(keyHolders(home).size).toBe(4);
      expect(partners(home)).toHaveLength(1);
      await pair(one.file);
      expect([...keyHolders(home).keys()]).toEqual([first?.keyid]);
      const ids = (keys: readonly { readonly keyid: string }[]) => keys.map(({ keyid }) => keyid);
      expect(news.map(({ added, vanished }) => [ids(added), ids(vanished)])).toEqual([
        [[first?.keyid], []],
        [ids(others), []],
        [[], ids(others)],
      ]);
      const line = home.ledger.lines().at(-1);
      expect(line?.data['keys']).toEqual([
        { algorithm: first?.algorithm, keyid: first?.keyid, public: first?.public, role: first?.role },
      ]);
    });
  });

  test('a ledger line from before cards had keys pins none', async () => {
    await inHome(await newHome('safe'), async (home) => {
      await pairWithCard(home, (await card('old.card', '--without-keys')).file, null, agree);
      const { data } = home.ledger.lines().at(-1) as { data: Record<string, unknown> };
      const old = Object.fromEntries(Object.entries(data).filter(([member]) => member !== 'keys'));
      home.ledger.append([{ event: 'paired', data: old }]);
      expect(partners(home)).toMatchObject([{ name: 'vault', keys: [] }]);
    });
  });

  test('offline stations pair with each other, and an online one with several', async () => {
    const safe = await station('offline', 'safe');
    const { file, digest } = await card('for-safe.card', ...scene.secrets);
    const paired = await safe.ok<{ keys: object[] }>('station', 'pair', file, '--approve', digest);
    expect(paired.keys).toHaveLength(4);
    const other = scene.on('safe.card');
    const made = await safe.ok<{ digest: string }>('station', 'card', '-o', other);
    for (const partner of [scene.online, scene.offline])
      await partner.ok('station', 'pair', other, '--approve', made.digest);
    const shown = await scene.online.ok<{ partners: { name: string }[] }>('station', 'show');
    expect(shown.partners.map(({ name }) => name)).toEqual(['vault', 'safe']);
    const text = await safe.run(['station', 'show']);
    expect(text.stdout).toMatch(/keys of "vault"\n/);
    expect(text.stdout).toMatch(/^[\n -~]*$/);
  });

  test('CARD-PROOF a station cannot list the key of another, CARD-KEYS nor call it otherwise', async () => {
    const { card: honest } = await card('honest.card', ...scene.secrets);
    await inHome(await newHome('thief'), async (thief) => {
      const sealed = (keys: Card['keys']): string => {
        const forged = { ...honest, name: 'thief', key: Buffer.from(thief.publicKey).toString('hex'), keys };
        const body = canonicalBytes(forged as never);
        const signature = thief.sign(preAuthentication('card', body));
        const seal = parseCanonicalJson(encodeSeal({ publicKey: thief.publicKey, signature }));
        const path = join(scratchFolder('forged'), 'forged.card');
        writeFileSync(path, canonicalBytes({ card: forged, seal } as never));
        return path;
      };
      const [key, ...rest] = honest.keys as [Card['keys'][number], ...Card['keys']];
      const renamed = [{ ...key, keyid: '0'.repeat(64) }, ...rest];
      await inHome(await newHome('safe'), async (home) => {
        expect(await endOf(() => pairWithCard(home, sealed(honest.keys), null, agree))).toBe('CARD-PROOF 3');
        expect(await endOf(() => pairWithCard(home, sealed(renamed), null, agree))).toBe('CARD-KEYS 3');
        expect(home.ledger.head().line).toBe(1);
      });
    });
  });

  test('a key that two stations hold is said', async () => {
    const copied = join(scratchFolder('twin'), 'home');
    const { file } = await card('twin-a.card', ...scene.secrets);
    // the same keys under another transport key, as where a key was imported twice
    execFileSync('cp', ['-a', scene.offline.home, copied]);
    const twin = await newHome('twin');
    const events = linesOf(scene.offline).filter(({ event }) => event === 'key');
    await inHome(twin, (home) => {
      home.ledger.append(events.map(({ event, data }) => ({ event, data })));
    });
    execFileSync('cp', ['-a', join(copied, 'keys'), twin]);
    const other = scene.on('twin-b.card');
    const at: TestStation = { ...scene.offline, home: twin };
    const { run } = await import('../peers/program.ts');
    const written = await run(['station', 'card', '-o', other, ...scene.secrets], { home: at.home });
    expect(written.code, written.stderr).toBe(0);
    await inHome(await newHome('safe'), async (home) => {
      await pairWithCard(home, file, null, agree);
      let shared: KeyNews['shared'] = [];
      await pairWithCard(home, other, null, (_card, _digest, news) => {
        shared = news.shared;
        return Promise.resolve();
      });
      expect(shared).toHaveLength(4);
      expect(new Set(shared.map(({ name }) => name))).toEqual(new Set(['vault']));
      expect(new Set([...keyHolders(home).values()].map(({ name }) => name))).toEqual(new Set(['vault']));
    });
  });
});
