import { writeBundle, type NewBundle, type WrittenBundle } from '../bundle/bundle.ts';
import type { Home } from './home/home.ts';

/** A bundle that this station seals. @throws BUNDLE-*, as {@link writeBundle} */
export function sealBundle(home: Home, bundle: Omit<NewBundle, 'publicKey' | 'seal'>): WrittenBundle {
  return writeBundle({ ...bundle, publicKey: home.publicKey, seal: (message) => home.sign(message) });
}
