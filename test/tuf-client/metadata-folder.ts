import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyContext } from '../../src/metadata/dialect.ts';
import { verifyRootChain } from '../../src/metadata/root-chain.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import type { TrustedMetadata } from '../../src/online/client/client.ts';
import { fileName } from '../../src/online/tuf-repository/file-name.ts';
import { replaceDurably } from '../../src/station/files/durable.ts';

/** Trusted metadata in a folder, each role's newest under its name without a version. */
export function metadataFolder(folder: string, context: KeyContext): TrustedMetadata {
  const read = (role: string): Uint8Array | null => {
    try {
      return readFileSync(join(folder, fileName(role)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  return {
    root() {
      const file = read('root');
      if (!file) throw new Error('no trusted root: run init first');
      const root = tuf.parse('root', file);
      verifyRootChain(tuf, [root], null, context);
      return Promise.resolve(root);
    },
    read: (role) => Promise.resolve(read(role)),
    keep({ role, file }) {
      replaceDurably(join(folder, fileName(role)), file);
      return Promise.resolve();
    },
  };
}
