import { usage } from '../../errors.ts';

/** Longest name of a file that the usual file systems hold, in bytes. */
const MAX_NAME = 255;

/**
 * A role as it stands in a file name. Names of TUF roles are free text; every character but `A-Z a-z 0-9 _ . - ~` is
 * percent-encoded as UTF-8, as the clients do (python-tuf: `quote(name, "")`), so that no name is a path.
 *
 * @throws CountersignError DIRECTORY-ROLE (exit 2) for an empty name, or one that is not text
 */
export function quoteRole(role: string): string {
  if (role === '' || !role.isWellFormed())
    throw usage('DIRECTORY-ROLE', 'not the name of a role', { found: JSON.stringify(role.slice(0, 300)) });
  return encodeURIComponent(role).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * `ROLE.json`, or `VERSION.ROLE.json`.
 *
 * @throws CountersignError DIRECTORY-ROLE, DIRECTORY-VERSION-NUMBER (exit 2)
 */
export function fileName(role: string, version: number | null = null): string {
  if (version !== null && (!Number.isSafeInteger(version) || version < 1))
    throw usage('DIRECTORY-VERSION-NUMBER', 'not a version', { found: String(version), where: role });
  const name = `${version === null ? '' : `${String(version)}.`}${quoteRole(role)}.json`;
  if (name.length > MAX_NAME)
    throw usage('DIRECTORY-ROLE', 'the name of the role is too long for a file name', {
      expected: `at most ${String(MAX_NAME)} characters when percent-encoded`,
      found: String(name.length),
      where: role.slice(0, 300),
    });
  return name;
}

/** Whether `ROLE.json` of this role could be read as `VERSION.ROLE.json` of another one. */
export function looksVersioned(role: string): boolean {
  return /^[0-9]+\./.test(role);
}

/** Version and quoted role in `VERSION.ROLE.json`; null for any other name. */
export function versionedName(name: string): { readonly version: number; readonly quoted: string } | null {
  const found = /^([1-9][0-9]{0,14})\.(.+)\.json$/.exec(name);
  return found === null ? null : { version: Number(found[1]), quoted: found[2] as string };
}
