import { expect, test } from 'vitest';
import { CountersignError } from '../../src/errors.ts';
import type { RepositoryReading } from '../../src/exchange/read-request.ts';
import { checkOwnKeys } from '../../src/policy/own-keys.ts';
import type { RoleDifference } from '../../src/review/difference.ts';

const LOSS = [
  { quorums: [{ role: 'targets', keys: [{ state: 'leaves', canonicalId: 'own' }] }] },
] as unknown as RoleDifference[];

function check(operation: string, own: string): void {
  const reading = { record: { name: 'registry.example.com/team/app', operation } };
  checkOwnKeys(reading as unknown as RepositoryReading, LOSS, (keyid) => keyid === own);
}

test.each(['refresh', 'targets', 'server-keys', 'renew-certificate', 'delegations'])(
  'M16 CHAIN-SELF: %s takes no key of this station away',
  (operation) => {
    let found: unknown;
    try {
      check(operation, 'own');
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(CountersignError);
    expect(found).toMatchObject({ check: 'CHAIN-SELF', exit: 3 });
    check(operation, 'another');
  },
);

test.each(['rotate-key', 'remove-compromised', 'threshold'])(
  'M16 %s may take a key of this station away; review says so',
  (operation) => {
    check(operation, 'own');
  },
);
