import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RepositoryFiles } from '../../src/metadata/verified.ts';

const FOLDER = fileURLToPath(new URL('../vectors/notary-v1', import.meta.url));

/** A day after the repositories were captured; their certificates last ten years. */
export const CAPTURED = Date.parse('2026-11-22T00:00:00Z');

export interface CapturedFile {
  readonly file: string;
  readonly role: string;
  readonly bytes: Buffer;
}

/** Folders of whole repositories, made by the stock client and server. */
export const REPOSITORIES = ['a_one', 'b_names5', 'dk_one', 'dk_paths', 'k_rthr2both', 'rot_one'] as const;

/** Every captured metadata file of a folder. */
export function capturedFiles(folder: string): CapturedFile[] {
  return readdirSync(join(FOLDER, folder))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, role: roleOf(file), bytes: readFileSync(join(FOLDER, folder, file)) }));
}

function roleOf(file: string): string {
  if (file.endsWith('root.json')) return 'root';
  if (file === 'targets-ed25519-seed0.json') return 'targets';
  return file.replace(/\.json$/, '').replaceAll('_', '/');
}

export function capturedGun(folder: string): string {
  return readFileSync(join(FOLDER, folder, 'GUN'), 'utf8').trim();
}

/** The bytes that the signatures of the synthetic file cover. */
export function syntheticPayload(): Buffer {
  return readFileSync(join(FOLDER, 'synthetic', 'targets-ed25519-seed0.canonical'));
}

/** A captured repository as it was fetched. */
export function capturedRepository(folder: string): RepositoryFiles {
  const files = capturedFiles(folder);
  const numbered = files.filter(({ file }) => /^[0-9]+\.root\.json$/.test(file));
  const one = (role: string): Buffer | null =>
    files.find(({ file }) => file === `${role}.json`)?.bytes ?? null;
  return {
    roots: numbered
      .sort((a, b) => Number.parseInt(a.file, 10) - Number.parseInt(b.file, 10))
      .map(({ bytes }) => bytes),
    timestamp: one('timestamp'),
    snapshot: one('snapshot'),
    targets: new Map(
      files.filter(({ role }) => role.startsWith('targets')).map(({ role, bytes }) => [role, bytes]),
    ),
  };
}
