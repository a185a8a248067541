import { refused } from '../../errors.ts';

const ROLE = /^targets(?:\/[-a-z0-9_]+)*$/;
const MAX_NAME = 255;

/**
 * A GUN that every store and client can hold: 1 to 255 bytes, no `*` or `?`, no empty, `.` or `..` segment,
 * nothing outside printable ASCII (it is embedded in a URL path and in a certificate's common name).
 */
export function checkGun(name: string): void {
  const fault =
    name.length < 1 || name.length > MAX_NAME
      ? 'it must have 1 to 255 characters'
      : !/^[!-~]+$/.test(name) || /[*?#%\\]/.test(name)
        ? 'it holds a character that a trust server cannot serve'
        : name.split('/').some((part) => part === '' || part === '.' || part === '..')
          ? 'it has an empty, "." or ".." segment'
          : null;
  if (fault)
    throw refused('NAME-REPOSITORY', `not a repository name: ${fault}`, { found: name.slice(0, 300) });
}

/** A target name: no control characters, since canonical JSON leaves them raw and Go then refuses the file. */
export function checkTargetName(name: string): void {
  const fault =
    name === ''
      ? 'it is empty'
      : /[\u0000-\u001f]/.test(name)
        ? 'it holds a control character'
        : !name.isWellFormed()
          ? 'it holds a lone surrogate'
          : null;
  if (fault)
    throw refused('NAME-TARGET', `not a target name: ${fault}`, {
      found: JSON.stringify(name.slice(0, 120)),
    });
}

/** `targets` or a delegated role below it, as Notary's rule has it. */
export function checkTargetsRoleName(role: string): void {
  if (!ROLE.test(role) || role.length > MAX_NAME)
    throw refused('NAME-ROLE', 'not a targets role', {
      expected: 'targets, or targets/NAME of a-z 0-9 - _',
      found: role.slice(0, 300),
    });
}

/** The roles above a delegated one, as its name says: `targets` and `targets/a` above `targets/a/b`. */
export function ancestryOf(role: string): string[] {
  const parts = role.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
