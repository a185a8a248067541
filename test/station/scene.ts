import { join } from 'node:path';
import { initHome, openHome, type Home, type Side, type StationIdentity } from '../../src/station/home.ts';
import { scratchFolder } from '../peers/process.ts';

/** A fresh home in a scratch folder. */
export async function freshHome(
  side: Side = 'offline',
  name = 'vault',
  environment: StationIdentity['environment'] = 'production',
): Promise<string> {
  const folder = join(scratchFolder('station'), 'home');
  await initHome(folder, { name, side, environment });
  return folder;
}

/** Works with an open home and closes it. */
export async function withHome<Result>(
  folder: string,
  work: (home: Home) => Result | Promise<Result>,
  write = true,
): Promise<Result> {
  const home = await openHome(folder, { write });
  try {
    return await work(home);
  } finally {
    home.close();
  }
}
