import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RequestManifest } from '../../src/bundle/manifest.ts';
import { notary } from '../../src/metadata/notary/dialect.ts';
import { verifyRepository } from '../../src/metadata/repository.ts';
import { directoryStore } from '../../src/online/directory/repository.ts';
import { onlineRoleFiles } from '../../src/online/publishing/online-roles.ts';
import { repositoryNamed } from '../../src/online/repositories/repositories.ts';
import { onlineStation } from '../../src/online/station.ts';
import { openHome } from '../../src/station/home/home.ts';
import { Signers } from '../../src/station/keys/signers.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { forge, stolenKey } from '../peers/forge.ts';
import { scratchFolder } from '../peers/process.ts';
import { exportAll, hashOf, roundTrip } from '../peers/stations.ts';
import { expectRefusal } from './refusal.ts';
import { copyOf, scene, stationAt, type Scene } from './scene.ts';

/** Copies a published folder with its links as they are. */
function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

/** Signs snapshot and timestamp of what is in the folder anew, with the keys that the online half holds. */
async function signFreshly(folder: string, home: string, gun: string, passphraseFile: string): Promise<void> {
  const open = await openHome(home, { write: true });
  const secrets = { pinFiles: [], passphraseFiles: [passphraseFile] };
  const signers = new Signers(signerOpener(open, secrets));
  const store = directoryStore(folder, gun);
  try {
    const station = onlineStation(open, Math.floor(Date.now() / 1000));
    const current = async (role: string): Promise<Uint8Array> => {
      const file = await store.current(role);
      if (!file) throw new Error(`no ${role}`);
      return file;
    };
    const files = {
      roots: [await current('root')],
      timestamp: await current('timestamp'),
      snapshot: await current('snapshot'),
      targets: new Map([['targets', await current('targets')]]),
    };
    const context = { repository: gun, now: Date.now() };
    const verified = verifyRepository(notary, files, null, context);
    const entry = repositoryNamed(open, gun);
    const fresh = await onlineRoleFiles({
      ...{ station, entry, dialect: notary, current: verified, signers },
      files: new Map(),
    });
    await store.publish(fresh);
  } finally {
    await signers.close();
    open.close();
  }
}

interface Reviewed {
  readonly anomalies: readonly { readonly id: string }[];
  readonly repositories: readonly {
    readonly roles: readonly {
      readonly role: string;
      readonly fromVersion: number;
      readonly toVersion: number;
    }[];
  }[];
}

describe('R7 M12 a folder whose online half is hostile: an old base under a fresh snapshot and timestamp', () => {
  let app: Scene;
  let hostile: string;
  let unaware: string;
  beforeAll(async () => {
    app = await scene();
    await app.online.ok('init', app.gun);
    await app.stage('v1', 1);
    await roundTrip(app, 'round-1');
    // what the attacker goes back to, and an offline station that was away since
    const [home, folder] = [copyOf(app.online.home), join(scratchFolder('old'), 'published')];
    copyFolder(app.folder, folder);
    unaware = copyOf(app.offline.home);
    for (const [name, number] of [
      ['v2', 2],
      ['v3', 3],
    ] as const) {
      await app.stage(name, number);
      await roundTrip(app, `round-${name}`);
    }
    copyFolder(folder, app.folder);
    // to versions beyond all that anybody has seen
    for (let ahead = 0; ahead < 4; ahead++) await signFreshly(app.folder, home, app.gun, app.passphraseFile);
    const clone = stationAt(home, 'build');
    await clone.ok('addhash', app.gun, 'evil', '666', '--sha256', hashOf(666));
    await exportAll({ ...app, online: clone }, 'stale.request.tar');
    hostile = app.on('hostile.request.tar');
    await forge<RequestManifest>(app.on('stale.request.tar'), hostile, stolenKey(home), (m) => {
      m.sequence += 100;
    });
  });

  test('CHAIN-SEEN: the station that has seen newer targets refuses', async () => {
    const refusal = await expectRefusal(app.offline, ['review', hostile], 'CHAIN-SEEN');
    expect(refusal.where).toContain('targets');
    const sign = ['sign', hostile, '-o', app.on('never.tar'), ...app.secrets];
    await expectRefusal(app.offline, sign, 'CHAIN-SEEN');
  });

  test('the station that has not sees nothing wrong: only what it has seen, and the versions on screen, protect it', async () => {
    const { anomalies, repositories } = await stationAt(unaware, 'vault').ok<Reviewed>('review', hostile);
    // the attacker's timestamp is fresh: the check of freshness passes, as the threat model says
    expect(anomalies.map(({ id }) => id)).toEqual([]);
    const [targets] = repositories[0]?.roles.filter(({ role }) => role === 'targets') ?? [];
    expect(targets).toMatchObject({ fromVersion: 1, toVersion: 2 });
  });
});
