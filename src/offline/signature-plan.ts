import type { ComputedRole } from '../change/compute.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { toHex } from '../encoding/text.ts';
import type { Dialect } from '../metadata/dialect.ts';
import type { SigningKey, SignTask } from '../signer/signer.ts';
import { repositoryKey } from '../station/events.ts';
import { checkBinding } from '../station/key-registry.ts';
import { noKey, placeOf, type SignerPlace } from '../station/signers.ts';
import type { Examination } from './examination.ts';
import type { OfflineStation } from './station.ts';

/** One signature that a key of this station can give. */
export interface PlannedSignature {
  readonly repository: string;
  readonly dialect: Dialect;
  readonly role: ComputedRole;
  /** Key ID in the metadata. */
  readonly keyid: string;
  readonly payload: string;
  readonly task: SignTask;
  readonly place: SignerPlace;
  /** ID of a key that this signature binds to the repository (M5), or null. */
  readonly bind: string | null;
}

/**
 * Which of the request's roles this station's keys sign. A role whose documents are still open is left out: its
 * keys are asked for with the slots.
 *
 * @throws KEY-REPOSITORY, KEY-NONE
 */
export function planSignatures(station: OfflineStation, examination: Examination): PlannedSignature[] {
  const held = new Map<string, SigningKey>();
  for (const key of station.keys.keys.values()) held.set(toHex(key.public.spki), key);
  const bound = new Set<string>();
  const plans: PlannedSignature[] = [];
  let open = false;
  for (const { reading, roles } of examination.repositories) {
    const repository = repositoryKey(reading.record);
    for (const role of roles) {
      if (role.open) open = true;
      if (role.open) continue;
      for (const { keyid, key: signer } of role.signers) {
        const key = signer?.public && held.get(toHex(signer.public.spki));
        if (!key) continue;
        const exclusive = role.role !== 'root' || reading.dialect.certificates === null;
        if (exclusive) checkBinding(key, repository);
        const bind = exclusive && key.repository === null && !bound.has(key.id) ? key.id : null;
        if (bind) bound.add(bind);
        const scheme = reading.dialect.scheme(key.public.algorithm, role.role);
        plans.push({
          repository,
          dialect: reading.dialect,
          role,
          keyid,
          payload: sha256Hex(role.document),
          task: { key, scheme, message: role.document },
          place: placeOf(key),
          bind,
        });
      }
    }
  }
  const asked = examination.repositories.some(({ roles }) => roles.length > 0);
  if (plans.length === 0 && !open && asked)
    throw noKey(
      examination.digest,
      'key list shows what is held here; take the request to the station that holds the keys',
    );
  return plans;
}
