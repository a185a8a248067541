import { openHome, requireSide, type Home } from '../station/home/home.ts';
import { onlineStation, type OnlineStation } from './station.ts';
import { openStores, type Stores } from './repositories/stores.ts';

/** What a command of the online half works with. */
export interface OnlineSession {
  readonly station: OnlineStation;
  readonly stores: Stores;
}

/**
 * Opens an online station for one command and closes it whatever happens.
 *
 * @param command its words, for the message where this is the other side (HOME-SIDE, exit 2)
 * @param access `write` holds the home's lock; `read` changes nothing
 */
export async function withOnlineStation<Result>(
  folder: string,
  command: string,
  access: 'read' | 'write',
  run: (session: OnlineSession) => Promise<Result>,
): Promise<Result> {
  const home: Home = await openHome(folder, { write: access === 'write' });
  try {
    requireSide(home, 'online', command);
    const stores = openStores(process.env);
    try {
      return await run({ station: onlineStation(home, Math.floor(Date.now() / 1000)), stores });
    } finally {
      await stores.close();
    }
  } finally {
    home.close();
  }
}
