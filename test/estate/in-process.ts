import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { approveByScript } from '../../src/offline/approval.ts';
import { allAnomalies } from '../../src/offline/examination.ts';
import { withOfflineStation } from '../../src/offline/session.ts';
import { sign } from '../../src/offline/sign.ts';
import { exportRequest } from '../../src/online/exporting/export.ts';
import { publishResponses } from '../../src/online/publishing/publish.ts';
import { withOnlineStation, type OnlineSession } from '../../src/online/session.ts';
import { writeCard } from '../../src/station/cards/card.ts';
import { generateKey } from '../../src/station/keys/generate-key.ts';
import { initHome, openHome, type Side } from '../../src/station/home/home.ts';
import { pairWithCard } from '../../src/station/cards/pair.ts';
import { keysForCard, writeProvenCard } from '../../src/station/cards/prove-keys.ts';
import { Signers, type OpenSigner } from '../../src/station/keys/signers.ts';
import type { SigningKey } from '../../src/signer/signer.ts';
import { scratchFolder } from '../peers/process.ts';
import { memorySigner } from './memory-signer.ts';

/** A paired online and offline station whose commands are called as functions, as their programs call them. */
export interface Stations {
  /** Runs what a command of the online half runs. */
  online<Result>(command: (session: OnlineSession) => Promise<Result>): Promise<Result>;
  /** Makes a key in the offline station; those of delegates with a PEM file of their public part. */
  key(role: string): Promise<{ readonly key: SigningKey; readonly file: string }>;
  /** Carries the offline station's card, with its keys, to the online one. */
  renewCard(): Promise<void>;
  /** Export, sign and publish of whatever is staged; everything must succeed. */
  roundTrip(rootKey: string): Promise<void>;
}

const ignore = (): void => undefined;

/** Makes the stations in scratch folders; keys are in memory. */
export async function stationsInProcess(): Promise<Stations> {
  const open = memorySigner();
  const homes = { online: await home('online', 'build'), offline: await home('offline', 'vault') };
  const stick = scratchFolder('stick');
  const on = (kind: string): string => join(stick, `${randomBytes(8).toString('hex')}.${kind}`);
  const carryCard = async (from: Side, to: Side): Promise<void> => {
    const file = on('card');
    writeFileSync(file, await withHome(homes[from], (sender) => cardFile(sender, open)));
    await withHome(homes[to], (receiver) => pairWithCard(receiver, file, null, () => Promise.resolve()));
  };
  await carryCard('online', 'offline');
  await carryCard('offline', 'online');
  const online: Stations['online'] = (command) => withOnlineStation(homes.online, 'test', 'write', command);
  return {
    online,
    async key(role) {
      const label = randomBytes(8).toString('hex');
      const options = { role, algorithm: 'ecdsa-p256', repository: null, label } as const;
      const key = await withHome(homes.offline, (vault) =>
        generateKey(vault, { ...options, dialect: 'notary', place: { kind: 'keyfile' } }, open),
      );
      const file = on('pem');
      const base64 = Buffer.from(key.public.spki).toString('base64');
      writeFileSync(file, `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`);
      return { key, file };
    },
    renewCard: () => carryCard('offline', 'online'),
    async roundTrip(rootKey) {
      const [request, response] = [on('request.tar'), on('response.tar')];
      await online(({ station, stores }) =>
        exportRequest(station, stores, {
          ...{ names: [], to: [], supersede: null, adopt: false, filler: null },
          ...{ out: request, progress: ignore },
        }),
      );
      await withOfflineStation(homes.offline, 'sign', (station) =>
        sign(
          station,
          { file: request, responses: [], out: response, except: [], keys: [rootKey] },
          {
            openSigner: open,
            progress: ignore,
            confirm(examination) {
              const accept = allAnomalies(examination).map(({ id }) => id);
              return Promise.resolve(
                approveByScript(examination, { digest: examination.digest, accept, pins: [] }),
              );
            },
          },
        ),
      );
      const { repositories } = await online(({ station, stores }) =>
        publishResponses(station, [response], { stores, signers: new Signers(open), progress: ignore }),
      );
      const failed = repositories.filter(({ state }) => state !== 'published');
      if (failed.length > 0) throw new Error(JSON.stringify(failed));
    },
  };
}

async function home(side: Side, name: string): Promise<string> {
  const folder = join(scratchFolder(name), 'home');
  await initHome(folder, { name, side, environment: 'production' });
  return folder;
}

type Home = Awaited<ReturnType<typeof openHome>>;

async function withHome<Result>(folder: string, run: (opened: Home) => Promise<Result>): Promise<Result> {
  const opened = await openHome(folder, { write: true });
  try {
    return await run(opened);
  } finally {
    opened.close();
  }
}

async function cardFile(from: Home, open: OpenSigner): Promise<Uint8Array> {
  const keys = keysForCard(from, []);
  const { file } = keys.length > 0 ? await writeProvenCard(from, keys, open) : writeCard(from);
  return file;
}
