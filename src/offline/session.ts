import { openHome, requireSide } from '../station/home/home.ts';
import { offlineStation, type OfflineStation } from './station.ts';

/**
 * Opens an offline station for one command, under its lock, and closes it whatever happens.
 *
 * @param command its words, for the message where this is the other side (HOME-SIDE, exit 2)
 */
export async function withOfflineStation<Result>(
  folder: string,
  command: string,
  run: (station: OfflineStation) => Promise<Result>,
): Promise<Result> {
  const home = await openHome(folder, { write: true });
  try {
    requireSide(home, 'offline', command);
    return await run(offlineStation(home, Math.floor(Date.now() / 1000)));
  } finally {
    home.close();
  }
}
