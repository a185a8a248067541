import type { SigningKey } from '../../signer/signer.ts';
import { escapeCut } from '../escape.ts';
import { table } from './table.ts';

/** Keys as a table, the full ID on a line of its own so that it can be read aloud. */
export function keyLines(keys: readonly SigningKey[]): string[] {
  if (keys.length === 0) return ['this station holds no signing keys'];
  return [
    ...table(
      ['ROLE', 'ALGORITHM', 'GRADE', 'WHERE', 'REPOSITORY'],
      keys.map(({ role, public: { algorithm }, grade, location, repository }) => [
        role,
        algorithm,
        grade,
        location.kind === 'keyfile' ? 'key file' : `token ${location.token} (${location.serial})`,
        repository === null
          ? role === 'root'
            ? 'any'
            : 'not bound yet'
          : repository.slice(repository.indexOf(':') + 1),
      ]),
    ),
    '',
    ...keys.map(({ role, id }) => `${escapeCut(role, 20).padEnd(10)} ${id}`),
  ];
}

/** A key for `--json`. */
export function keyDocument(key: SigningKey): object {
  const { id, role, repository, grade, location } = key;
  return { id, role, repository, grade, algorithm: key.public.algorithm, where: location };
}
