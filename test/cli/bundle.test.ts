import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeBundle } from '../../src/bundle/bundle.ts';
import { digestWords } from '../../src/encoding/words.ts';
import { writeCard } from '../../src/station/cards/card.ts';
import { initHome, openHome } from '../../src/station/home/home.ts';
import { run } from '../peers/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'));
const bundle = join(folder, 'app.response.tar');
const card = join(folder, 'vault.card');
let digest = '';
let cardDigest = '';
let identity = '';

beforeAll(async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  identity = createHash('sha256').update(raw).digest('hex');
  const content = Buffer.from('{"signed":{}}');
  const name = createHash('sha256').update(content).digest('hex');
  const zero = '0'.repeat(64);
  const written = writeBundle({
    kind: 'response',
    manifest: {
      format: 'countersign-1',
      kind: 'response',
      environment: 'production',
      id: 'ab'.repeat(16),
      created: '2026-11-02T10:00:00Z',
      sequence: 7,
      from: { name: 'vault', key: identity },
      to: { name: 'desk', key: zero },
      request: { digest: zero, sequence: 3 },
      previous: null,
      head: { line: 6, hash: zero },
      repositories: [
        {
          dialect: 'notary',
          name: 'registry.example.com/team/app',
          record: zero,
          fills: [],
          marks: { pinned: 1, roles: [] },
          roles: [
            {
              role: 'targets',
              version: 4,
              payload: zero,
              outcome: 'signed',
              check: null,
              document: `files/${name}`,
              signatures: [],
            },
          ],
        },
      ],
      tool: 'countersign 0.1.0',
    },
    contents: new Map([[name, content]]),
    publicKey: raw,
    seal: (message) => sign(null, message, privateKey),
  });
  digest = written.digest;
  writeFileSync(bundle, Buffer.concat([...written.chunks]));

  const home = join(folder, 'vault');
  await initHome(home, { name: 'vault', side: 'offline', environment: 'production' });
  const open = await openHome(home, { write: false });
  const made = writeCard(open);
  cardDigest = made.digest;
  writeFileSync(card, made.file);
  open.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The bundle with one change. */
function changed(name: string, change: (bytes: Buffer) => Buffer, source = bundle): string {
  const file = join(folder, name);
  writeFileSync(file, change(readFileSync(source)));
  return file;
}

describe('bundle digest', () => {
  test('prints the digest as hex groups and as 32 words in rows of eight', async () => {
    const { code, stdout } = await run(['bundle', 'digest', bundle]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(1, 3).join(' ').replaceAll(' ', '')).toBe(digest);
    const rows = lines.slice(4).map((line) => line.trim().split(/ +/));
    expect(rows.map((row) => row.length)).toEqual([8, 8, 8, 8]);
    expect(rows.flat()).toEqual(digestWords(digest));
  });

  test('--json has the digest, 64 hex digits, and nothing else is on stdout', async () => {
    const result = await run(['bundle', 'digest', bundle, '--json']);
    expect(result.json()).toMatchObject({ digest });
    expect(result.stderr).toBe('');
  });

  test('knows a card by itself', async () => {
    expect((await run(['bundle', 'digest', card, '--json'])).json()).toEqual({
      kind: 'card',
      digest: cardDigest,
    });
  });
});

describe('bundle verify and bundle inspect', () => {
  test('R1 a whole bundle verifies; whose seal it is is shown as not compared', async () => {
    const verified = await run(['bundle', 'verify', bundle, '--json']);
    expect([verified.code, verified.json()]).toEqual([0, { kind: 'response', digest, sealedBy: identity }]);
    const inspected = await run(['bundle', 'inspect', bundle]);
    expect(inspected.code).toBe(0);
    expect(inspected.stdout.replace(/\s+/g, ' ')).toContain(
      `sealed by ${identity} (not compared with a partner)`,
    );
    expect(inspected.stdout).toMatch(/notary +registry\.example\.com\/\S+ +targets +4 +signed/);
    expect(inspected.stdout).toMatch(/^[\n -~]*$/);
  });

  test('a card is shown with its side and the digest of its document', async () => {
    const { json } = await run(['bundle', 'inspect', card, '--json']);
    expect(json()).toMatchObject({
      kind: 'card',
      digest: cardDigest,
      card: { name: 'vault', side: 'offline' },
    });
    expect((await run(['bundle', 'inspect', card])).stdout).toContain('"vault", offline (as claimed)');
  });

  test.each<[string, () => string]>([
    ['a byte of the manifest', () => changed('a.tar', (bytes) => flip(bytes, 600))],
    ['a byte of a header', () => changed('b.tar', (bytes) => flip(bytes, 100))],
    ['a byte of a content', () => changed('c.tar', (bytes) => flip(bytes, bytes.lastIndexOf('signed')))],
    ['a byte after the end', () => changed('d.tar', (bytes) => Buffer.concat([bytes, Buffer.alloc(512)]))],
    ['an end that is missing', () => changed('e.tar', (bytes) => bytes.subarray(0, -1024))],
    ['an empty file', () => changed('f.tar', () => Buffer.alloc(0))],
    ['a byte of a card', () => changed('g.card', (bytes) => flip(bytes, bytes.indexOf('vault')), card)],
    ['a folder', () => folder],
  ])('R4 R5 %s is refused with exit 3', async (_, make) => {
    const file = make();
    for (const command of ['verify', 'inspect']) {
      const { code, json } = await run(['bundle', command, file, '--json']);
      expect(code).toBe(3);
      expect(json()).toMatchObject({
        error: { exit: 3, check: expect.stringMatching(/^[A-Z]+(-[A-Z0-9]+)+$/) as string },
      });
    }
  });

  test('a link to a bundle is read like the bundle', async () => {
    const link = join(folder, 'link.tar');
    symlinkSync(bundle, link);
    expect((await run(['bundle', 'verify', link])).code).toBe(0);
  });
});

describe('doctor', () => {
  test('without a station it says what to do and exits 4', async () => {
    const { code, json } = await run(['doctor', '--json'], { home: join(folder, 'none') });
    expect(code).toBe(4);
    expect(json()).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ check: 'HOME', ok: false })]) as unknown,
    });
  });

  test('an offline station looks for ways off the machine, and finds none in a namespace without a network', async () => {
    const home = join(folder, 'vault');
    const { json } = await run(['doctor', '--json', '--media', folder], { home, under: ['unshare', '-rn'] });
    const { findings } = json() as { findings: { check: string; ok: boolean }[] };
    const state = new Map(findings.map(({ check, ok }) => [check, ok]));
    for (const check of ['NODE', 'ADDON', 'HOME', 'LEDGER', 'CLOCK', `MEDIA ${folder}`])
      expect(state.get(check), check).toBe(true);
    expect([...state.keys()].some((check) => check.startsWith('AIR-GAP'))).toBe(true);
  });

  test('an online station asks each place where a repository lives', async () => {
    const home = join(folder, 'desk');
    await initHome(home, { name: 'desk', side: 'online', environment: 'production' });
    const directory = join(folder, 'repository');
    mkdirSync(directory);
    const added = await run(['repository', 'add', 'app', '--directory', directory], {
      home,
    });
    const { json } = await run(['doctor', '--json'], { home });
    const { findings } = json() as { findings: { check: string }[] };
    expect(findings.some(({ check }) => check.startsWith('AIR-GAP'))).toBe(false);
    expect(added.code, added.stderr).toBe(0);
    expect(findings.map(({ check }) => check)).toContain('REPOSITORY app');
  });

  test('R9 a medium with a hostile name is shown escaped', async () => {
    const { code, stdout } = await run(['doctor', '--media', `${folder}/\u001b[2J`], {
      home: join(folder, 'none'),
    });
    expect(code).toBe(4);
    expect(stdout).toContain('\\u{1b}[2J');
    expect(stdout).toMatch(/^[\n -~]*$/);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
