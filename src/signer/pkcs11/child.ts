/**
 * The process in which a PKCS#11 module runs: a module that crashes, hangs or prints takes this process with it
 * and nothing else. It is told what to do over the IPC channel, one call at a time, and ends with its parent.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { ChildRefusal } from './child-refusal.ts';
import { ChildToken } from './child-token.ts';
import { CryptokiError } from './cryptoki-error.ts';
import { AddonError, Cryptoki } from './cryptoki.ts';
import type { Calls, ChildMessage, Failure, ParentMessage } from './protocol.ts';
import { wipeParts } from './wipe-parts.ts';

/** Signatures and keys are handed over at least this often (milliseconds), so that slow tokens show progress. */
const HAND_OVER = 20;

// Attributes that a token rightly keeps to itself come as errors, twice a key: nobody reads where they were thrown.
Error.stackTraceLimit = 0;

let token: ChildToken | null = null;

function opened(): ChildToken {
  if (token === null) throw new Error('no module is open');
  return token;
}

async function open(input: Calls['open']['in']): Promise<unknown> {
  if (token !== null) throw new Error('a module is open already');
  try {
    token = new ChildToken(await Cryptoki.load(input.module, input.parameters ?? undefined));
  } catch (error) {
    if (error instanceof AddonError) throw new ChildRefusal({ kind: 'addon' });
    if (error instanceof CryptokiError) throw error;
    throw new ChildRefusal({
      kind: 'load',
      message: error instanceof Error ? error.message : 'not an error',
    });
  }
  return token.tokens();
}

async function sign({ tasks, pin }: Calls['sign']['in']): Promise<null> {
  try {
    await forEach(tasks, (task) => opened().sign(task, pin));
  } finally {
    pin?.fill(0);
  }
  return null;
}

async function generate({ tasks }: Calls['generate']['in']): Promise<null> {
  await forEach(tasks, (task) => opened().generate(task));
  return null;
}

/** Does one task after the other and hands over what comes of them, also of those before one that fails. */
async function forEach<Task>(tasks: readonly Task[], act: (task: Task) => unknown): Promise<void> {
  let outputs: unknown[] = [];
  let since = performance.now();
  const handOver = (): void => {
    if (outputs.length > 0) say({ say: 'some', outputs });
    outputs = [];
    since = performance.now();
  };
  try {
    for (const task of tasks) {
      outputs.push(act(task));
      if (performance.now() - since < HAND_OVER) continue;
      handOver();
      await turn();
    }
  } finally {
    handOver();
  }
}

function login({ pin, finalTry }: Calls['login']['in']): null {
  try {
    opened().login(pin, finalTry);
  } finally {
    pin.fill(0);
  }
  return null;
}

function take(input: Calls['take']['in']): { tier: number } {
  try {
    return opened().take(input);
  } finally {
    wipeParts(input.key);
  }
}

async function perform(message: ParentMessage): Promise<unknown> {
  switch (message.call) {
    case 'open':
      return open(message.input);
    case 'mechanisms':
      return opened().mechanisms(message.input.slot);
    case 'select':
      return opened().select(message.input);
    case 'token':
      return opened().token();
    case 'login':
      return login(message.input);
    case 'keys':
      return opened().enumerate();
    case 'publicKeys':
      return opened().publicKeys();
    case 'claims':
      return message.input.ids.map((id) => opened().claims(id));
    case 'generate':
      return generate(message.input);
    case 'take':
      return take(message.input);
    case 'destroy':
      return opened().destroy(message.input.id);
    case 'reopen':
      opened().reopen();
      return null;
    case 'sign':
      return sign(message.input);
    case 'close':
      token?.finish();
      return null;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ChildRefusal) return error.failure;
  if (error instanceof CryptokiError)
    return { kind: 'cryptoki', method: error.method, code: error.code, rv: error.rv };
  return { kind: 'internal', message: error instanceof Error ? error.message : 'not an error' };
}

function say(message: ChildMessage): void {
  process.send?.(message);
}

process.on('message', (message: ParentMessage) => {
  perform(message).then(
    (output) => {
      say({ say: 'done', output });
    },
    (error: unknown) => {
      say({ say: 'failed', failure: failureOf(error) });
    },
  );
});
process.on('disconnect', () => {
  process.exit(0);
});
// Without a handler this signal opens the debugger, and with it the memory that holds the PIN.
process.on('SIGUSR1', () => undefined);
