import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { refused, unavailable, usage } from '../../errors.ts';
import type { TokenUri } from './uri.ts';

/** A PKCS#11 module that the station may load. */
export interface AllowedModule {
  /** Absolute path. */
  readonly path: string;
  /** Initialisation string that NSS-style modules need, as `configdir='sql:/directory'`. */
  readonly parameters?: string;
}

/**
 * The module that a URI means: the one it names, if that is allowed, or the only one that is.
 *
 * @throws CountersignError TOKEN-MODULE-ALLOW (exit 3) if it is not on the list or the list is empty,
 *   TOKEN-MODULE-CHOICE (exit 2) if several are allowed and none is named
 */
export function resolveModule(uri: TokenUri, allowed: readonly AllowedModule[]): AllowedModule {
  if (uri.modulePath !== undefined) {
    const named = allowed.find(({ path }) => path === uri.modulePath);
    if (named !== undefined) return named;
    throw refused('TOKEN-MODULE-ALLOW', 'this station may not load the PKCS#11 module', {
      expected:
        allowed.length === 0 ? 'a module that was allowed' : allowed.map(({ path }) => path).join(', '),
      found: uri.modulePath,
      hint: `if you trust it: countersign token allow ${uri.modulePath}`,
    });
  }
  const [only, ...more] = allowed;
  if (only === undefined)
    throw refused('TOKEN-MODULE-ALLOW', 'this station may load no PKCS#11 module yet', {
      hint: 'countersign token allow MODULE, with the absolute path of the module of your token',
    });
  if (more.length > 0)
    throw usage('TOKEN-MODULE-CHOICE', 'several PKCS#11 modules are allowed and the URI names none', {
      expected: `module-path= one of ${allowed.map(({ path }) => path).join(', ')}`,
      hint: 'add ?module-path=PATH to the URI',
    });
  return only;
}

/**
 * Checks that a module is a file that nobody but root or ourselves can change: it will see the PIN.
 *
 * @throws CountersignError TOKEN-MODULE (exit 6) if there is none, TOKEN-MODULE-FILE (exit 3) if it is not that
 */
export function checkModuleFile(path: string): void {
  if (!isAbsolute(path))
    throw refused('TOKEN-MODULE-FILE', 'the path of a PKCS#11 module is absolute', { found: path });
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined)
    throw unavailable('TOKEN-MODULE', 'the PKCS#11 module is not there', {
      where: path,
      hint: 'install the software of the token, or allow its new path',
    });
  if (!file.isFile()) throw refused('TOKEN-MODULE-FILE', 'the PKCS#11 module is not a file', { where: path });
  if ((file.mode & 0o022) !== 0 || (file.uid !== 0 && file.uid !== process.geteuid?.()))
    throw refused('TOKEN-MODULE-FILE', 'others can change the PKCS#11 module', {
      expected: 'a file of root or of this user that no group and nobody else can write',
      found: `owner ${String(file.uid)}, mode ${(file.mode & 0o777).toString(8)}`,
      where: path,
      hint: 'chown and chmod it, after making sure that it is the one you installed',
    });
}
