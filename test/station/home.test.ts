import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeCard, readCard } from '../../src/station/card.ts';
import { checkClock, clockFloor, resetClock } from '../../src/station/clock.ts';
import { initHome, requireSide } from '../../src/station/home.ts';
import { checkPairing, partners, pinCard, trustPartners, unpair } from '../../src/station/pairing.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { scratchFolder } from '../peers/process.ts';
import { run } from '../peers/program.ts';
import { caught } from '../signer/caught.ts';
import { freshHome, withHome } from './scene.ts';

const IDENTITY = { name: 'vault', side: 'offline', environment: 'production' } as const;

describe('the home', () => {
  test('HOME-EXISTS a second station is not made in it', async () => {
    const folder = await freshHome();
    expect(await caught(() => initHome(folder, IDENTITY))).toMatchObject({ check: 'HOME-EXISTS', exit: 2 });
  });

  test('HOME-MODE a home that others can enter, or a link, is refused', async () => {
    const folder = await freshHome();
    for (const mode of [0o750, 0o705, 0o777]) {
      chmodSync(folder, mode);
      expect((await caught(() => withHome(folder, () => null))).check).toBe('HOME-MODE');
    }
    chmodSync(folder, 0o700);
    const link = join(scratchFolder('link'), 'home');
    symlinkSync(folder, link);
    expect((await caught(() => withHome(link, () => null))).check).toBe('HOME-MODE');
  });

  test('HOME-NONE and HOME-NAME say what to do', async () => {
    expect(await caught(() => withHome(scratchFolder('none'), () => null))).toMatchObject({
      check: 'HOME-NONE',
      exit: 2,
    });
    const folder = join(scratchFolder('name'), 'home');
    expect((await caught(() => initHome(folder, { ...IDENTITY, name: 'Not A Name' }))).check).toBe(
      'HOME-NAME',
    );
  });

  test('HOME-SIDE a command of the other half says which side this is (exit 2)', async () => {
    const folder = await freshHome('offline');
    await withHome(folder, async (home) => {
      expect(
        await caught(() => {
          requireSide(home, 'online', 'export');
        }),
      ).toMatchObject({ check: 'HOME-SIDE', exit: 2 });
    });
    const finished = await run(['export', '-o', 'x.tar', '--json'], { home: folder });
    expect(finished.code).toBe(2);
    expect(finished.json()).toMatchObject({ error: { check: 'HOME-SIDE' } });
  });
});

describe('R1 cards and pairing', () => {
  async function cardOf(folder: string): Promise<{ file: Uint8Array; digest: string }> {
    return withHome(folder, (home) => writeCard(home), false);
  }

  test('a card is pinned, trusted, replaced and forgotten', async () => {
    const [mine, other, stranger] = [
      await freshHome(),
      await freshHome('online', 'build'),
      await freshHome('online', 'build'),
    ];
    const { card, digest } = await readCard((await cardOf(other)).file);
    const second = await readCard((await cardOf(stranger)).file);
    await withHome(mine, async (home) => {
      pinCard(home, card, digest, null);
      const [partner] = partners(home);
      expect(partner).toMatchObject({ name: 'build', side: 'online', digest });
      trustPartners(home)(partner?.identity ?? '');
      expect(
        (
          await caught(() => {
            checkPairing(home, second.card, null);
          })
        ).check,
      ).toBe('PAIR-NAME');
      const replaced = pinCard(home, second.card, second.digest, 'build');
      expect(
        (
          await caught(() => {
            trustPartners(home)(partner?.identity ?? '');
          })
        ).check,
      ).toBe('SEAL-STRANGER');
      unpair(home, 'build');
      expect(
        (
          await caught(() => {
            trustPartners(home)(replaced.identity);
          })
        ).check,
      ).toBe('SEAL-STRANGER');
    });
  });

  test('PAIR-ENVIRONMENT, PAIR-SELF production never pairs with rehearsal, nor a station with itself', async () => {
    const [mine, rehearsal] = [await freshHome(), await freshHome('online', 'build', 'rehearsal')];
    const own = await readCard((await cardOf(mine)).file);
    const other = await readCard((await cardOf(rehearsal)).file);
    await withHome(mine, async (home) => {
      for (const [card, check] of [
        [other.card, 'PAIR-ENVIRONMENT'],
        [own.card, 'PAIR-SELF'],
      ] as const)
        expect(
          (
            await caught(() => {
              checkPairing(home, card, null);
            })
          ).check,
        ).toBe(check);
    });
  });

  test('R5 a card with any byte changed is refused', async () => {
    const { file } = await cardOf(await freshHome());
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] as number) ^ 0x01;
      expect((await caught(() => readCard(changed))).exit, `byte ${String(at)}`).toBe(3);
    }
  });

  test('SEAL-KEY a card whose key is of small order is refused, whatever its seal', async () => {
    const identity = `01${'00'.repeat(31)}`;
    const card = {
      format: 'countersign-1',
      kind: 'card',
      name: 'evil',
      side: 'online',
      environment: 'production',
      key: identity,
      keys: [],
    };
    const signature = Buffer.concat([Buffer.from(identity, 'hex'), Buffer.alloc(32)]).toString('base64');
    const file = canonicalBytes({ card, seal: { key: identity, signature } });
    expect((await caught(() => readCard(file))).check).toBe('SEAL-KEY');
  });
});

describe('R7 the clock', () => {
  test('CLOCK-FLOOR a clock behind the last confirmed line signs nothing; reset lowers the floor and says so', async () => {
    const folder = await freshHome();
    await withHome(folder, async (home) => {
      const floor = clockFloor(home.ledger.lines());
      checkClock(home, floor);
      expect(
        (
          await caught(() => {
            checkClock(home, floor - 1);
          })
        ).check,
      ).toBe('CLOCK-FLOOR');
      home.ledger.append([{ event: 'declined', data: { request: 'x', code: 'other' } }]);
      const now = Math.floor(Date.now() / 1000);
      expect(
        (
          await caught(() => {
            checkClock(home, now - 3600);
          })
        ).check,
      ).toBe('CLOCK-FLOOR');
      const earlier = '2026-11-02T00:00:00Z';
      resetClock(home, earlier, now);
      checkClock(home, now - 3600);
      expect(home.ledger.lines().at(-1)).toMatchObject({ event: 'clock-reset', data: { floor: earlier } });
      expect((await caught(() => resetClock(home, '2999-01-01T00:00:00Z', now))).check).toBe('CLOCK-TIME');
    });
  });

  test('lines that no officer confirmed do not move the floor', async () => {
    const folder = await freshHome();
    await withHome(folder, (home) => {
      const floor = clockFloor(home.ledger.lines());
      home.ledger.append([
        { event: 'reviewed', data: {} },
        { event: 'refusal', data: {} },
      ]);
      expect(clockFloor(home.ledger.lines())).toBe(floor);
    });
  });
});

test('R17 an interrupted init is begun anew', async () => {
  const folder = join(scratchFolder('half'), 'home');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'transport.key'), 'half');
  await initHome(folder, IDENTITY);
  await withHome(folder, ({ name }) => {
    expect(name).toBe('vault');
  });
  rmSync(folder, { recursive: true });
});
