import { refused } from '../../errors.ts';
import type { KeyClaims } from './protocol.ts';

/**
 * How well a private key is protected, as its module claims. A: it was made in the token and never was outside. B:
 * it cannot leave the token, but a claim about its history is false or absent (NSS says so of its own keys). These
 * are claims, not proof: some modules make them of imported keys too.
 *
 * @throws CountersignError KEY-GRADE (exit 3) below B
 */
export function gradeOf(claims: KeyClaims, where: string): 'A' | 'B' {
  const { attributes } = claims;
  const refuse = (found: string): Error =>
    refused('KEY-GRADE', 'the token does not keep the private key to itself', {
      expected: 'a persistent, sensitive private key that cannot be extracted',
      found,
      where,
      hint: 'use another token, or check its security policy',
    });
  if (claims.valueReadable) throw refuse('the value of the private key can be read');
  if (attributes['CKA_SENSITIVE'] !== true) throw refuse('CKA_SENSITIVE is not true');
  if (attributes['CKA_EXTRACTABLE'] !== false) throw refuse('CKA_EXTRACTABLE is not false');
  if (attributes['CKA_TOKEN'] !== true) throw refuse('CKA_TOKEN is not true');
  const history = ['CKA_ALWAYS_SENSITIVE', 'CKA_NEVER_EXTRACTABLE', 'CKA_LOCAL'];
  return history.every((name) => attributes[name] === true) ? 'A' : 'B';
}

/** The claims as text for the ledger: `true`, `false` or `unknown`. */
export function describeClaims(claims: KeyClaims): Record<string, string> {
  const described = Object.entries(claims.attributes).map(([name, value]) => [
    name,
    String(value ?? 'unknown'),
  ]);
  const mechanism = claims.keyGenMechanism === null ? 'unknown' : `0x${claims.keyGenMechanism.toString(16)}`;
  return {
    ...(Object.fromEntries(described) as Record<string, string>),
    CKA_KEY_GEN_MECHANISM: mechanism,
  };
}
