import { generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeSeal, identityOf, preAuthentication } from '../../src/bundle/seal.ts';
import { canonicalBytes } from '../../src/encoding/canonical-json.ts';
import { parseCanonicalJson } from '../../src/encoding/strict-json.ts';
import { toHex } from '../../src/encoding/text.ts';
import { refused } from '../../src/errors.ts';
import { MAX_CARD, writeCard } from '../../src/station/cards/card.ts';
import type { Home } from '../../src/station/home/home.ts';
import { pairWithCard } from '../../src/station/cards/pair.ts';
import { partners, trustPartners, unpair, type Partner } from '../../src/station/cards/pairing.ts';
import { scratchFolder } from '../peers/process.ts';
import { endOf, inHome, newHome } from './homes.ts';

const agree = (): Promise<void> => Promise.resolve();
const stick = scratchFolder('stick');

/** Card of a station on the stick. */
async function cardOf(dir: string, name = `${String(Math.random())}.card`): Promise<string> {
  return inHome(dir, (home) => onStick(writeCard(home).file, name));
}

function onStick(bytes: Uint8Array, name = `${String(Math.random())}.card`): string {
  const path = join(stick, name);
  writeFileSync(path, bytes);
  return path;
}

/** A card that somebody made with a key of their own, sealed properly. */
function forgedCard(change: object): { file: Uint8Array; identity: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return {
    file: sealedCard({ key: toHex(raw), ...change }, raw, (body) => sign(null, body, privateKey)),
    identity: identityOf(raw),
  };
}

function sealedCard(
  change: object,
  publicKey: Uint8Array,
  seal: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const card = {
    ...{
      format: 'countersign-1',
      kind: 'card',
      name: 'desk',
      side: 'online',
      environment: 'production',
      keys: [],
    },
    ...{ key: toHex(publicKey), ...change },
  };
  const signature = seal(preAuthentication('card', canonicalBytes(card)));
  return canonicalBytes({ card, seal: parseCanonicalJson(encodeSeal({ publicKey, signature })) });
}

const pairIn = (home: Home, file: string, replace: string | null = null): Promise<Partner> =>
  pairWithCard(home, file, replace, agree);

/** Nothing but lines that say so may be new. */
const eventsOf = (home: Home): string[] => home.ledger.lines().map(({ event }) => event);

describe('pairing (M16)', () => {
  test('two stations pin each other’s card; what each sealed is trusted by the other, a stranger’s is not', async () => {
    const [desk, vault, stranger] = [
      await newHome('desk', 'online'),
      await newHome('vault'),
      await newHome('other'),
    ];
    const identities = await Promise.all(
      [desk, vault, stranger].map((dir) => inHome(dir, ({ identity }) => identity)),
    );
    for (const [dir, other, identity] of [
      [desk, vault, identities[1]],
      [vault, desk, identities[0]],
    ] as const) {
      const file = await cardOf(other);
      await inHome(dir, async (home) => {
        const compared: string[] = [];
        const partner = await pairWithCard(home, file, null, (card, digest) => {
          compared.push(`${card.name} ${digest}`);
          return Promise.resolve();
        });
        expect(compared).toEqual([`${partner.name} ${partner.digest}`]);
        expect(partner.identity).toBe(identity);
      });
      await inHome(dir, async (home) => {
        expect(partners(home)).toMatchObject([{ identity, name: dir === desk ? 'vault' : 'desk' }]);
        expect(home.ledger.lines().at(-1)).toMatchObject({
          event: 'paired',
          data: { environment: 'production' },
        });
        trustPartners(home)(identity ?? '');
        expect(await endOf(() => trustPartners(home)(identities[2] ?? ''))).toBe('SEAL-STRANGER 3');
        expect(await endOf(() => trustPartners(home)(home.identity))).toBe('SEAL-OWN 3');
      });
    }
  });

  test('what was not compared is not pinned', async () => {
    const file = await cardOf(await newHome('desk', 'online'));
    await inHome(await newHome('vault'), async (home) => {
      const differ = pairWithCard(home, file, null, () =>
        Promise.reject(refused('CONFIRM-MISMATCH', 'other words')),
      );
      expect(await endOf(() => differ)).toBe('CONFIRM-MISMATCH 3');
      expect(eventsOf(home)).toEqual(['genesis']);
      expect(readdirSync(join(home.dir, 'inbox'))).toEqual([]);
    });
  });

  test('R13 LEDGER-WRITE where the ledger cannot be written nobody is trusted', async () => {
    const file = await cardOf(await newHome('desk', 'online'));
    const dir = await newHome('vault');
    const disk = {
      write: () => undefined,
      sync: () => {
        throw Object.assign(new Error('no'), { code: 'EIO' });
      },
    };
    await inHome(
      dir,
      async (home) => {
        expect(await endOf(() => pairIn(home, file))).toBe('LEDGER-WRITE 6');
        expect(partners(home)).toEqual([]);
      },
      disk,
    );
    await inHome(dir, (home) => {
      expect(partners(home)).toEqual([]);
    });
  });

  test('unpaired or replaced, nothing that the old key sealed is accepted any more', async () => {
    const [first, second] = [
      await cardOf(await newHome('desk', 'online')),
      await cardOf(await newHome('desk', 'online')),
    ];
    await inHome(await newHome('vault'), async (home) => {
      const old = await pairIn(home, first);
      expect(await endOf(() => pairIn(home, second))).toBe('PAIR-NAME 2');
      const young = await pairIn(home, second, 'desk');
      expect(partners(home)).toEqual([young]);
      expect(await endOf(() => trustPartners(home)(old.identity))).toBe('SEAL-STRANGER 3');
      trustPartners(home)(young.identity);
      unpair(home, 'desk');
      expect(await endOf(() => trustPartners(home)(young.identity))).toBe('SEAL-STRANGER 3');
      expect(await endOf(() => unpair(home, 'desk'))).toBe('PAIR-UNKNOWN 2');
      expect(eventsOf(home)).toEqual(['genesis', 'paired', 'unpaired', 'paired', 'unpaired']);
    });
  });

  test('the same card once more is no harm', async () => {
    const file = await cardOf(await newHome('desk', 'online'));
    await inHome(await newHome('vault'), async (home) => {
      expect(await pairIn(home, file)).toEqual(await pairIn(home, file));
      expect(partners(home)).toHaveLength(1);
    });
  });

  test('PAIR-REPLACE, PAIR-KEY: only a partner is replaced, and one key has one name', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const named = (name: string): string =>
      onStick(sealedCard({ name }, raw, (message) => sign(null, message, privateKey)));
    await inHome(await newHome('vault'), async (home) => {
      expect(await endOf(() => pairIn(home, named('desk'), 'desk'))).toBe('PAIR-REPLACE 2');
      await pairIn(home, named('desk'));
      expect(await endOf(() => pairIn(home, named('alias')))).toBe('PAIR-KEY 2');
      await pairIn(home, named('alias'), 'desk');
      expect(partners(home).map(({ name }) => name)).toEqual(['alias']);
      unpair(home, 'alias');
      expect(await endOf(() => trustPartners(home)(identityOf(raw)))).toBe('SEAL-STRANGER 3');
    });
  });
});

describe('attacks on pairing', () => {
  test.each<[string, string, () => Promise<string>]>([
    [
      'PAIR-ENVIRONMENT a rehearsal station (S26)',
      'PAIR-ENVIRONMENT 3',
      async () => cardOf(await newHome('desk', 'online', 'rehearsal')),
    ],
    [
      'CARD-FORM a file that is too large',
      'CARD-FORM 3',
      () => Promise.resolve(onStick(Buffer.alloc(MAX_CARD + 1, 0x20))),
    ],
    ['CARD-FORM an empty file', 'CARD-FORM 3', () => Promise.resolve(onStick(Buffer.alloc(0)))],
    [
      'CARD-SCHEMA a name that no station has',
      'CARD-SCHEMA 3',
      () => Promise.resolve(onStick(forgedCard({ name: '../desk' }).file)),
    ],
    [
      'SEAL-KEY a card that names another key than its seal',
      'SEAL-KEY 3',
      () => Promise.resolve(onStick(forgedCard({ key: 'ab'.repeat(32) }).file)),
    ],
    [
      'MEDIA-KIND a link',
      'MEDIA-KIND 3',
      async () => {
        const path = join(stick, 'link.card');
        symlinkSync(await cardOf(await newHome('desk', 'online')), path);
        return path;
      },
    ],
    ['MEDIA-KIND a folder', 'MEDIA-KIND 3', () => Promise.resolve(stick)],
    ['MEDIA-READ a file that is not there', 'MEDIA-READ 6', () => Promise.resolve(join(stick, 'none.card'))],
  ])('%s is refused, and nothing was changed', async (_, end, attack) => {
    const file = await attack();
    await inHome(await newHome('vault'), async (home) => {
      expect(await endOf(() => pairIn(home, file))).toBe(end);
      expect(eventsOf(home)).toEqual(['genesis']);
      expect(readdirSync(join(home.dir, 'inbox'))).toEqual([]);
    });
  });

  test('PAIR-SELF its own card is refused', async () => {
    const dir = await newHome('vault');
    const file = await cardOf(dir);
    await inHome(dir, async (home) => {
      expect(await endOf(() => pairIn(home, file))).toBe('PAIR-SELF 3');
    });
  });

  // the identity, two points of order 4, one of order 2 and one of order 8: forged seals verify under them (M15)
  test.each([
    `01${'00'.repeat(31)}`,
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    `ec${'ff'.repeat(30)}7f`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  ])('SEAL-KEY a key of small order, %s, is refused', async (hex) => {
    const raw = Buffer.from(hex, 'hex');
    const identity = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
    const file = onStick(sealedCard({}, raw, () => identity));
    await inHome(await newHome('vault'), async (home) => {
      expect(await endOf(() => pairIn(home, file))).toBe('SEAL-KEY 3');
      expect(eventsOf(home)).toEqual(['genesis']);
    });
  });

  test('a card, each of its bytes changed, pairs with nobody', async () => {
    const bytes = readFileSync(await cardOf(await newHome('desk', 'online')));
    await inHome(await newHome('vault'), async (home) => {
      for (let place = 0; place < bytes.length; place++) {
        const copy = Buffer.from(bytes);
        copy[place] = (bytes[place] as number) ^ (1 << (place % 8));
        expect(await endOf(() => pairIn(home, onStick(copy, 'changed.card')))).toMatch(
          /^(?:CARD|SEAL)-[A-Z]+ 3$/,
        );
      }
      expect(eventsOf(home)).toEqual(['genesis']);
    });
  });

  test('a station that is paired under a name cannot be pushed out by another of that name', async () => {
    const file = await cardOf(await newHome('desk', 'online'));
    const { file: forged, identity } = forgedCard({});
    await inHome(await newHome('vault'), async (home) => {
      const partner = await pairIn(home, file);
      expect(await endOf(() => pairIn(home, onStick(forged)))).toBe('PAIR-NAME 2');
      expect(partners(home)).toEqual([partner]);
      expect(await endOf(() => trustPartners(home)(identity))).toBe('SEAL-STRANGER 3');
    });
  });
});
