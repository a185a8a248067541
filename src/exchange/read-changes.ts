import type { Change } from '../change/change.ts';
import { checkShape } from '../encoding/schema.ts';
import { parseCanonicalJson } from '../encoding/strict-json.ts';
import { checkCustom } from '../metadata/custom.ts';

/** A change list as it travels. @throws JSON-STRICT, JSON-CANONICAL, CHANGES-SCHEMA, CHANGE-CUSTOM */
export function readChanges(bytes: Uint8Array): readonly Change[] {
  const value = parseCanonicalJson(bytes);
  checkShape('changes', value);
  const changes = value as unknown as readonly Change[];
  for (const change of changes)
    if (change.type === 'add' && change.custom !== undefined && change.custom !== null)
      checkCustom(null, change.custom, `${change.role} ${change.name}`);
  return changes;
}
