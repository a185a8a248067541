import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk, scratchFolder } from './process.ts';
import type { TestToken } from './softhsm.ts';

const MODULE = '/usr/lib/x86_64-linux-gnu/libsoftokn3.so';

/** A fresh NSS database as a token: the second, independent implementation beside SoftHSM. */
export async function nssToken(pin = 'test-pin-4711'): Promise<TestToken> {
  const folder = scratchFolder('nss');
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, pin, { mode: 0o600 });
  await runOk('certutil', ['-N', '-d', `sql:${folder}`, '-f', pinFile]);
  return {
    // The parameters end in the folder's own last letter and quote: one byte less would name another database.
    module: { path: MODULE, parameters: `certPrefix='' keyPrefix='' flags= configdir=sql:${folder}` },
    env: {},
    label: 'NSS Certificate DB',
    serial: '0'.repeat(16),
    pin,
    uri: `pkcs11:token=NSS%20Certificate%20DB;serial=${'0'.repeat(16)}`,
  };
}
