import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk, scratchFolder } from './process.ts';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';

/** A token as tests use it; the same shape for every kind of token. */
export interface TestToken {
  readonly module: { readonly path: string; readonly parameters?: string };
  /** Variables that the module needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly label: string;
  readonly serial: string;
  readonly pin: string;
  readonly uri: string;
}

export interface SoftHsm extends TestToken {
  /** Folder with the token's files: removing it is pulling the token out. */
  readonly tokens: string;
  readonly soPin: string;
}

/** A fresh SoftHSM 2 with one initialised token in a folder of its own. */
export async function softHsm(label = 'root', pin = 'test-pin-4711'): Promise<SoftHsm> {
  const folder = scratchFolder('softhsm');
  const tokens = join(folder, 'tokens');
  const configuration = join(folder, 'softhsm2.conf');
  mkdirSync(tokens, { mode: 0o700 });
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const env = { SOFTHSM2_CONF: configuration };
  const soPin = 'so-pin-0815';
  const serial = await addSoftHsmToken(env, label, pin, soPin);
  return {
    module: { path: MODULE },
    env,
    label,
    serial,
    pin,
    soPin,
    tokens,
    uri: `pkcs11:token=${encodeURIComponent(label)};serial=${serial}`,
  };
}

/** Initialises one more token in a SoftHSM; gives its serial. */
export async function addSoftHsmToken(
  env: Readonly<Record<string, string>>,
  label: string,
  pin: string,
  soPin = 'so-pin-0815',
): Promise<string> {
  const before = await serials(env);
  await runOk(
    'softhsm2-util',
    ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', soPin],
    { env },
  );
  const [serial] = (await serials(env)).filter((one) => !before.includes(one));
  if (serial === undefined) throw new Error(`softhsm2-util made no token "${label}"`);
  return serial;
}

async function serials(env: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await runOk('softhsm2-util', ['--show-slots'], { env });
  return Array.from(stdout.matchAll(/Serial number:\s+([0-9a-f]{16})/g), ([, serial]) => serial as string);
}
