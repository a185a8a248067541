import { randomBytes } from 'node:crypto';
import { type CountersignError, refused, unavailable, usage } from '../../errors.ts';
import type { Algorithm, PublicKey, SignatureScheme } from '../../metadata/key.ts';
import type { GeneratedKey, GenerateTask, KeyLocation, SignTask } from '../signer.ts';
import { describeClaims, gradeOf } from './grade.ts';
import type { KeyClaims, KeyFacts, MadeKey, NewKey, PublicKeyFacts } from './protocol.ts';
import { type SigningContext, signInToken } from './signing.ts';
import { publicKeyOfToken } from './token-public-key.ts';

/** A context whose keys can be read anew after the token has changed. */
export interface GenerationContext extends SigningContext {
  readonly module: string;
  refreshKeys(): Promise<void>;
}

const PROBE = Buffer.from('countersign key probe, never metadata\n');
const LABEL_BYTES = 64;
/** Keys whose claims are read in one call: slow tokens take a while for each. */
const BATCH = 32;
/** Keys that are made in one call; their claims are judged when all are made. */
const MADE_AT_ONCE = 16;

/**
 * Makes key pairs in the token: strictest template first, claims read back and graded, then found again in another
 * session and tried with one signature each. A key with exactly the given label and CKA_ID is one that an
 * interrupted run made, and is gone on with (M21).
 *
 * @throws CountersignError KEY-LABEL, KEY-ID (exit 2), KEY-GRADE, KEY-PUBLIC, KEY-PERSISTENT, SIGNATURE-TOKEN (exit 3),
 *   TOKEN-* (exit 6)
 */
export async function generateInToken(
  context: GenerationContext,
  tasks: readonly GenerateTask[],
): Promise<GeneratedKey[]> {
  await context.refreshKeys();
  checkNames(context, tasks);
  const missing = tasks.filter(({ id }) => !context.keysById.has(id));
  const tiers = new Map<string, number>();
  // one alone: where the token makes no keys that will do, there is only this one to destroy
  for (let from = 0, count = 1; from < missing.length; from += count, count = MADE_AT_ONCE)
    await makeKeys(context, missing.slice(from, from + count), tiers);
  await context.process.call('reopen', null);
  await context.refreshKeys();
  const keys = await enrolKeys(
    context,
    tasks.map(({ id }) => id),
  );
  return keys.map((key, index) => {
    const { algorithm, label, id } = tasks[index] as GenerateTask;
    if (key.public.algorithm !== algorithm)
      throw refused('KEY-PUBLIC', 'the key in the token has another algorithm', {
        expected: algorithm,
        found: key.public.algorithm,
        where: `${context.process.where}, label "${label}"`,
        hint: 'ask for the algorithm that the interrupted run asked for, or choose another label',
      });
    const tier = tiers.get(id);
    return tier === undefined ? key : { ...key, attributes: { ...key.attributes, TEMPLATE: String(tier) } };
  });
}

/** Keys that are in the token, as they would be pinned: public part, claims, grade, and one signature tried. */
export async function enrolKeys(context: GenerationContext, ids: readonly string[]): Promise<GeneratedKey[]> {
  const publicKeys = new Map<string, PublicKeyFacts[]>();
  for (const key of await context.process.call('publicKeys', null)) {
    const same = publicKeys.get(key.id) ?? [];
    publicKeys.set(key.id, same);
    same.push(key);
  }
  const pairs = ids.map((id) => keyPair(context, id, publicKeys.get(id) ?? []));
  const claims: KeyClaims[] = [];
  while (claims.length < ids.length)
    claims.push(
      ...(await context.process.call('claims', { ids: ids.slice(claims.length, claims.length + BATCH) })),
    );
  const found = pairs.map(({ key, publicKey }, at) =>
    describeKey(context, key, publicKey, claims[at] as KeyClaims),
  );
  await signInToken(context, found.map(probeTask), undefined);
  return found;
}

/** The private key with a CKA_ID and the one public key beside it. @throws KEY-PERSISTENT, KEY-PUBLIC */
function keyPair(
  context: GenerationContext,
  id: string,
  [only, ...more]: readonly PublicKeyFacts[],
): { key: KeyFacts; publicKey: PublicKey } {
  const where = `${context.process.where}, CKA_ID ${id}`;
  const key = context.keysById.get(id);
  if (key === undefined)
    throw refused('KEY-PERSISTENT', 'the key was gone when the session was', {
      where,
      hint: 'the token keeps no keys: use another one',
    });
  if (only === undefined || more.length > 0)
    throw refused('KEY-PUBLIC', 'the token does not have one public key for the private key', {
      expected: 'one public key with the CKA_ID of the private key',
      found: String(more.length + (only === undefined ? 0 : 1)),
      where,
    });
  return { key, publicKey: publicKeyOfToken(only.raw, where) };
}

async function makeKeys(
  context: GenerationContext,
  tasks: readonly GenerateTask[],
  tiers: Map<string, number>,
): Promise<void> {
  const wanted = tasks.map(({ algorithm, label, id }) => ({ algorithm, label, id }));
  const made: MadeKey[] = [];
  try {
    await context.process.call('generate', { tasks: wanted }, (some) => made.push(...some));
  } catch (error) {
    await destroyUnsound(context, wanted, made);
    throw error;
  }
  if (made.length !== wanted.length)
    throw unavailable('TOKEN-KEY', 'the process for the token did not make the keys that were asked for', {
      expected: String(wanted.length),
      found: String(made.length),
      where: context.process.where,
    });
  await destroyUnsound(context, wanted, made);
  made.forEach(({ tier }, index) => tiers.set((wanted[index] as NewKey).id, tier));
}

/** Destroys the keys whose claims will not do. @throws KEY-GRADE for the first of them */
async function destroyUnsound(
  context: GenerationContext,
  wanted: readonly NewKey[],
  made: readonly MadeKey[],
): Promise<void> {
  let fault: unknown = null;
  for (const [index, { id, label }] of wanted.entries()) {
    const claims = made[index]?.claims;
    if (!claims) break;
    try {
      gradeOf(claims, `${context.process.where}, label "${label}"`);
    } catch (error) {
      fault ??= error;
      // one that cannot be destroyed keeps no other one; what is wrong with the keys is the error
      await context.process.call('destroy', { id }).catch(() => undefined);
    }
  }
  if (fault instanceof Error) throw fault;
}

function describeKey(
  context: GenerationContext,
  key: KeyFacts,
  publicKey: PublicKey,
  claims: KeyClaims,
): GeneratedKey {
  const location: KeyLocation = {
    kind: 'token',
    module: context.module,
    token: context.token.label,
    serial: context.token.serial,
    id: key.id,
    label: key.label,
  };
  return {
    public: publicKey,
    location,
    grade: gradeOf(claims, `${context.process.where}, label "${key.label}"`),
    attributes: describeClaims(claims),
  };
}

function probeTask(key: GeneratedKey): SignTask {
  const { id } = key.location as KeyLocation & { kind: 'token' };
  const message = Buffer.concat([PROBE, randomBytes(32)]);
  const pinned = {
    id,
    public: key.public,
    role: 'probe',
    repository: null,
    location: key.location,
    grade: key.grade,
  };
  return { key: pinned, scheme: SCHEMES[key.public.algorithm], message };
}

const SCHEMES: Readonly<Record<Algorithm, SignatureScheme>> = {
  'ecdsa-p256': 'ecdsa-sha256',
  'ecdsa-p384': 'ecdsa-sha384',
  ed25519: 'ed25519',
  'rsa-2048': 'rsassa-pss-sha256',
  'rsa-3072': 'rsassa-pss-sha256',
  'rsa-4096': 'rsassa-pss-sha256',
};

/** @throws CountersignError KEY-LABEL, KEY-ID (exit 2) */
export function checkNames(
  context: GenerationContext,
  tasks: readonly Pick<GenerateTask, 'label' | 'id'>[],
): void {
  const owners = new Map<string, string>();
  for (const key of context.keysById.values()) owners.set(key.label, key.id);
  const asked = new Set<string>();
  for (const { label, id } of tasks) {
    checkName(label, id);
    if (asked.has(id)) throw usage('KEY-ID', 'two keys were asked for under one CKA_ID', { found: id });
    asked.add(id);
    const owner = owners.get(label);
    if (owner !== undefined && owner !== id) throw labelTaken(context, label, owner);
    owners.set(label, id);
    const existing = context.keysById.get(id);
    if (existing !== undefined && existing.label !== label)
      throw usage('KEY-ID', 'the CKA_ID belongs to another key in the token', {
        expected: label,
        found: existing.label,
        where: context.process.where,
      });
  }
}

function checkName(label: string, id: string): void {
  const bytes = Buffer.byteLength(label);
  if (bytes === 0 || bytes > LABEL_BYTES || !/^[^\p{C} ](?:[^\p{C}]*[^\p{C} ])?$/u.test(label))
    throw usage('KEY-LABEL', 'the label cannot name a key in a token', {
      expected: `1 to ${String(LABEL_BYTES)} bytes of printable text without spaces around it`,
    });
  if (!/^(?:[0-9a-f]{2}){1,64}$/.test(id)) throw usage('KEY-ID', 'the CKA_ID is not hex of 1 to 64 bytes');
}

function labelTaken(context: GenerationContext, label: string, owner: string): CountersignError {
  return usage('KEY-LABEL', 'another key in the token has this label', {
    expected: 'a label that is not in use',
    found: `label "${label}" with CKA_ID ${owner}`,
    where: context.process.where,
    hint: 'choose another label',
  });
}
