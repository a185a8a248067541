import { refused } from '../../errors.ts';
import type { GeneratedKey, TakeTask } from '../signer.ts';
import { checkNames, enrolKeys, type GenerationContext } from './generation.ts';
import { privateKeyParts } from './private-key-parts.ts';
import { wipeParts } from './wipe-parts.ts';

/**
 * Puts a key that was made elsewhere into the token: protected by the same template, graded by what the token then
 * says, and never above B, since copies of it may exist. What an interrupted run left under its CKA_ID is replaced.
 *
 * @throws CountersignError KEY-LABEL, KEY-ID (exit 2), KEY-GRADE, KEY-PUBLIC, KEY-PERSISTENT (exit 3), TOKEN-IMPORT
 *   (exit 6) for a token that takes no private keys from outside
 */
export async function takeIntoToken(context: GenerationContext, task: TakeTask): Promise<GeneratedKey> {
  const { label, id } = task;
  await context.refreshKeys();
  checkNames(context, [{ label, id }]);
  const parts = privateKeyParts(task.privateKeyInfo, task.public);
  let tier: number;
  try {
    ({ tier } = await context.process.call('take', { key: parts, label, id }));
  } finally {
    wipeParts(parts);
  }
  try {
    await context.process.call('reopen', null);
    await context.refreshKeys();
    const [key] = await enrolKeys(context, [id]);
    if (key === undefined || !Buffer.from(key.public.spki).equals(task.public.spki))
      throw refused('KEY-PUBLIC', 'the token shows another public key than the one it was given', {
        where: `${context.process.where}, label "${label}"`,
        hint: 'use another token',
      });
    return { ...key, grade: 'B', attributes: { ...key.attributes, TEMPLATE: String(tier) } };
  } catch (error) {
    await context.process.call('destroy', { id }).catch(() => undefined);
    throw error;
  }
}
