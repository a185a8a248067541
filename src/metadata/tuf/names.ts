import { refused } from '../../errors.ts';

/** Roles that a root names; no delegated role may take one of these names (specification 4.5). */
export const TOP_LEVEL: readonly string[] = ['root', 'snapshot', 'targets', 'timestamp'];

const MAX_NAME = 255;
/** Bytes of one segment: with a SHA-256 before it, it must still fit a file name. */
const MAX_SEGMENT = 190;
const MAX_TARGET = 1_024;
/** A role's file is called VERSION.ROLE.json, percent-encoded. */
const MAX_ROLE_FILE = 220;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A repository is called as its owner likes: 1 to 255 letters, digits and `._~:@+-`, in segments of a path. */
export function checkRepositoryName(name: string): void {
  if (name.length > MAX_NAME || !/^[A-Za-z0-9._~:@+/-]+$/.test(name) || hasHollowSegment(name))
    throw refused('NAME-REPOSITORY', 'not a repository name', {
      expected: '1 to 255 of A-Z a-z 0-9 . _ ~ : @ + - in segments that are not empty, "." or ".."',
      found: name.slice(0, 300),
    });
}

/** A target path (specification 4.5: relative to the base of the mirror), such that a file can be called so. */
export function checkTargetName(name: string): void {
  const fault =
    textFault(name) ??
    (name.includes('\\')
      ? 'it holds a backslash'
      : hasHollowSegment(name)
        ? 'it is not relative, or has an empty, "." or ".." segment'
        : Buffer.byteLength(name) > MAX_TARGET
          ? `it has more than ${String(MAX_TARGET)} bytes`
          : name.split('/').some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT)
            ? `a segment has more than ${String(MAX_SEGMENT)} bytes`
            : null);
  if (fault)
    throw refused('NAME-TARGET', `not a target name: ${fault}`, {
      found: JSON.stringify(name.slice(0, 120)),
    });
}

/** `targets`, or the free name of a delegated role. */
export function checkTargetsRoleName(role: string): void {
  if (role !== 'targets') checkDelegatedRoleName(role);
}

/** @throws NAME-ROLE */
export function checkDelegatedRoleName(role: string): void {
  const fault = delegatedRoleFault(role);
  if (fault !== null)
    throw refused('NAME-ROLE', `not a name of a delegated role: ${fault}`, {
      expected: 'text without control characters, not the name of a top-level role',
      found: JSON.stringify(role.slice(0, 120)),
    });
}

/** Why a delegated role cannot be called so; null if it can. */
export function delegatedRoleFault(role: string): string | null {
  if (TOP_LEVEL.includes(role)) return 'that is the name of a top-level role';
  return (
    textFault(role) ??
    (encodeURIComponent(role).length > MAX_ROLE_FILE ? 'the name is too long for its file' : null)
  );
}

function textFault(text: string): string | null {
  if (text === '') return 'it is empty';
  if (!text.isWellFormed()) return 'it holds a lone surrogate';
  return CONTROL.test(text) ? 'it holds a control character' : null;
}

function hasHollowSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..');
}
