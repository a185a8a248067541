import { CountersignError } from '../../errors.ts';
import type { RoleKeys, SignedDocument } from '../../metadata/document.ts';
import { isSigned } from '../../metadata/threshold.ts';
import type { Client } from './client.ts';

/**
 * What was kept of a role, if the keys that hold the role now signed it. After keys were rotated it does not count any
 * more, so that an attacker's very high version can be left behind (specification 5.3.11).
 */
export async function stillTrusted(
  { dialect, trusted }: Client,
  role: string,
  keys: RoleKeys,
): Promise<SignedDocument | null> {
  const file = await trusted.read(role);
  if (!file) return null;
  try {
    const document = dialect.parse(role, file);
    return isSigned(dialect, keys, document) ? document : null;
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}
