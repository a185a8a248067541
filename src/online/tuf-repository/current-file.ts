import { LIMITS } from '../repositories/store.ts';
import type { Store } from '../repositories/store.ts';
import type { ReadFile } from './listed-file.ts';
import { viewOf } from './metadata-view.ts';
import { fileName } from './file-name.ts';

/** The ways into a repository. */
export interface Entrances {
  readonly read: ReadFile;
  readonly listed: Store['listed'];
  readonly newestRoot: () => Promise<Uint8Array | null>;
}

/** As {@link Store.current}: the newest root, the timestamp, or what these lead to. */
export async function readCurrent(role: string, from: Entrances): Promise<Uint8Array | null> {
  if (role === 'root') return from.newestRoot();
  const timestamp = await from.read(fileName('timestamp'), LIMITS.timestamp);
  if (role === 'timestamp' || timestamp === null) return timestamp;
  const root = await from.newestRoot();
  if (root === null) return null;
  const { consistent } = viewOf('root', root);
  const entry = viewOf('timestamp', timestamp).listed.get('snapshot');
  const snapshot = entry === undefined ? null : await from.listed('snapshot', entry, consistent);
  if (role === 'snapshot' || snapshot === null) return snapshot;
  const listed = viewOf('snapshot', snapshot).listed.get(role);
  return listed === undefined ? null : from.listed(role, listed, consistent);
}
