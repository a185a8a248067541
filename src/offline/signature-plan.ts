import { repositoryKey } from '../station/ledger/events.ts';
import { keysByPublic, ownSignatures, type OwnSignature } from '../station/keys/own-signatures.ts';
import { noKey } from '../station/keys/signers.ts';
import type { Examination } from './examination.ts';
import type { OfflineStation } from './station.ts';

/**
 * Which of the request's roles this station's keys sign.
 *
 * @throws KEY-REPOSITORY, KEY-NONE
 */
export function planSignatures(station: OfflineStation, examination: Examination): OwnSignature[] {
  const keys = keysByPublic(station.keys);
  const bound = new Map<string, string>();
  const plans = examination.repositories.flatMap(({ reading, roles }) =>
    ownSignatures(keys, { key: repositoryKey(reading.record), dialect: reading.dialect, roles }, bound),
  );
  const roles = examination.repositories.flatMap(({ roles: own }) => own);
  if (plans.length === 0 && roles.length > 0 && !roles.some(({ open }) => open))
    throw noKey(
      examination.digest,
      'key list shows what is held here; take the request to the station that holds the keys',
    );
  return plans;
}
