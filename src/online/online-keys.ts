import { incomplete } from '../errors.ts';
import type { SigningKey } from '../signer/signer.ts';
import { repositoryKey } from '../station/events.ts';
import type { OnlineStation } from './station.ts';

/**
 * The key of this station that signs a role of a folder repository.
 *
 * @throws KEY-NONE (exit 4)
 */
export function onlineKey(
  station: OnlineStation,
  repository: { readonly dialect: string; readonly name: string },
  role: string,
): SigningKey {
  const key = repositoryKey(repository);
  const candidates = [...station.keys.keys.values()].filter((one) => one.role === role);
  const found =
    candidates.find((one) => one.repository === key) ?? candidates.find((one) => one.repository === null);
  if (!found)
    throw incomplete('KEY-NONE', `this station has no ${role} key for a folder repository`, {
      where: repository.name,
      hint: `countersign key generate ${role} --keyfile`,
    });
  return found;
}
