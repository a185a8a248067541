import { createHash } from 'node:crypto';
import { CountersignError, refused, unavailable } from '../../errors.ts';
import type { SignatureScheme } from '../../metadata/key.ts';
import { verifySignature } from '../../metadata/signature.ts';
import type { KeyLocation, SignTask } from '../signer.ts';
import type { TokenProcess } from './child-process.ts';
import { checkPin, type PinDialogue } from './pin.ts';
import type { KeyFacts, SignRequest, TokenFacts } from './protocol.ts';

/** A batch for one IPC message: enough to make the round trip vanish, little enough to keep memory flat. */
const BATCH_TASKS = 256;
const BATCH_BYTES = 4 * 1024 * 1024;

/** What signing in a token needs to know: the child, the chosen token and its keys, and who is asked. */
export interface SigningContext {
  readonly process: TokenProcess;
  readonly token: TokenFacts;
  readonly keysById: ReadonlyMap<string, KeyFacts>;
  readonly dialogue: PinDialogue;
}

/**
 * Signs in the token, in order. Each signature is verified against the pinned public key before `onSignature` hears
 * of it (R11).
 *
 * @throws CountersignError SIGNATURE-TOKEN (exit 3) for a signature that does not verify; TOKEN-* or PIN-* (exit 6)
 */
export async function signInToken(
  context: SigningContext,
  tasks: readonly SignTask[],
  onSignature: ((index: number, signature: Uint8Array) => void) | undefined,
): Promise<Uint8Array[]> {
  for (const task of tasks) locationIn(context, task);
  const signatures: Uint8Array[] = [];
  const receive = (arrived: readonly Uint8Array[]): void => {
    for (const signature of arrived) {
      const task = tasks[signatures.length];
      if (task === undefined)
        throw refused('SIGNATURE-TOKEN', 'the token gave more signatures than were asked for');
      verifyFromToken(context, task, signature);
      signatures.push(signature);
      onSignature?.(signatures.length - 1, signature);
    }
  };
  const asking = tasks.filter(
    (task) => context.keysById.get(locationIn(context, task).id)?.alwaysAuthenticate === true,
  );
  let pin = asking.length > 0 ? await consentedPin(context, asking.length) : null;
  try {
    while (signatures.length < tasks.length) {
      const batch = nextBatch(context, tasks, signatures.length);
      try {
        await context.process.call('sign', { tasks: batch, pin }, receive);
      } catch (error) {
        // Some modules tell only when they are asked to sign that a key asks for its PIN each time.
        if (!(error instanceof CountersignError) || error.check !== 'PIN-CONSENT' || pin !== null)
          throw error;
        pin = await consentedPin(context, tasks.length - signatures.length);
      }
    }
  } finally {
    pin?.fill(0);
  }
  return signatures;
}

async function consentedPin(context: SigningContext, logins: number): Promise<Buffer> {
  const { label, serial } = context.token;
  if ((await context.dialogue.consent?.({ label, serial, signatures: logins })) !== true)
    throw unavailable('PIN-CONSENT', 'keys in the token ask for their PIN at each signature', {
      expected: `consent to ${String(logins)} logins with one PIN`,
      where: context.process.where,
      hint: 'run the command at a terminal and agree, or use a key that does not ask each time',
    });
  const pin = await context.dialogue.pin({ label, serial, purpose: 'signatures', logins });
  try {
    checkPin(pin, context.token);
  } catch (error) {
    pin.fill(0);
    throw error;
  }
  return pin;
}

function nextBatch(context: SigningContext, tasks: readonly SignTask[], from: number): SignRequest[] {
  const batch: SignRequest[] = [];
  let bytes = 0;
  for (let at = from; at < tasks.length && batch.length < BATCH_TASKS && bytes < BATCH_BYTES; at++) {
    const task = tasks[at] as SignTask;
    const request = { id: locationIn(context, task).id, ...tokenInput(task.scheme, task.message) };
    bytes += request.input.length;
    batch.push(request);
  }
  return batch;
}

/** What the raw mechanism signs: our own digest, so that no module truncates or hashes otherwise. */
function tokenInput(scheme: SignatureScheme, message: Uint8Array): Omit<SignRequest, 'id'> {
  switch (scheme) {
    case 'ecdsa-sha256':
      return { mechanism: 'ecdsa', input: createHash('sha256').update(message).digest() };
    case 'ecdsa-sha384':
      return { mechanism: 'ecdsa', input: createHash('sha384').update(message).digest() };
    case 'rsassa-pss-sha256':
      return { mechanism: 'rsa-pss-sha256', input: createHash('sha256').update(message).digest() };
    case 'ed25519':
      return { mechanism: 'eddsa', input: message };
  }
}

function verifyFromToken(context: SigningContext, task: SignTask, signature: Uint8Array): void {
  try {
    verifySignature(task.key.public, task.scheme, task.message, signature);
  } catch (cause) {
    throw refused('SIGNATURE-TOKEN', 'the token gave a signature that does not verify', {
      expected: `a signature of key ${task.key.id} over the bytes that were sent`,
      found: `${String(signature.length)} bytes that are none`,
      where: context.process.where,
      hint: 'nothing was released; do not trust this token until you know why (a fault, another key, its driver)',
      cause,
    });
  }
}

function locationIn(context: SigningContext, task: SignTask): KeyLocation & { kind: 'token' } {
  const { location } = task.key;
  if (
    location.kind !== 'token' ||
    location.serial !== context.token.serial ||
    location.token !== context.token.label
  )
    throw refused('TOKEN-OTHER', 'the key is in another place than this token', {
      expected: context.process.where,
      found:
        location.kind === 'token' ? `token "${location.token}", serial ${location.serial}` : location.file,
    });
  return location;
}
