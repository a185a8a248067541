import { accessSync, constants, statSync } from 'node:fs';
import { CountersignError } from '../errors.ts';
import { loadAddon } from '../signer/pkcs11/addon.ts';
import { listTokens } from '../signer/pkcs11/list-tokens.ts';
import type { AllowedModule } from '../signer/pkcs11/module.ts';

/** One thing that was looked at. Details may hold text from outside. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do where it is not ok. */
  readonly hint: string | null;
}

/** The oldest Node that is supported, as package.json says. */
const NODE = [20, 19] as const;

/** Looks at one thing; whatever it throws is what was found. */
export async function find(
  check: string,
  hint: string,
  look: () => string | Promise<string>,
): Promise<Finding> {
  try {
    return { check, ok: true, detail: await look(), hint: null };
  } catch (error) {
    const known = error instanceof CountersignError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    const detail = known?.found === undefined ? message : `${message}: ${known.found}`;
    return { check, ok: false, detail, hint: known?.hint ?? hint };
  }
}

/** What does not depend on a station: Node and the PKCS#11 addon. */
export async function programFindings(): Promise<Finding[]> {
  return [
    await find('NODE', `use Node ${NODE.join('.')} or later`, () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) throw new Error(process.version);
      return process.version;
    }),
    await find(
      'ADDON',
      'npm rebuild pkcs11js, with a compiler and Node headers installed; key files work without',
      async () => {
        await loadAddon();
        return 'pkcs11js loads';
      },
    ),
  ];
}

/** Each module that the station may load, and the tokens in it; no PIN is asked for. */
export async function tokenFindings(modules: readonly AllowedModule[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const module of modules)
    findings.push(
      await find(`TOKEN ${module.path}`, 'plug the token in, and see countersign token list', async () => {
        const tokens = (await listTokens({ module })).filter(({ initialized }) => initialized);
        if (tokens.length === 0) throw new Error('the module loads and sees no initialised token');
        return tokens.map(({ label, serial, pin }) => `${label} (${serial}), PIN ${pin}`).join(', ');
      }),
    );
  return findings;
}

/** Whether a folder, the stick's, can be written. */
export function mediaFinding(folder: string): Promise<Finding> {
  return find(`MEDIA ${folder}`, 'mount the medium, writable for this user', () => {
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
    return 'can be written';
  });
}
