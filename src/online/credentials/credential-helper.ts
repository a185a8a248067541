import { spawn } from 'node:child_process';
import { unavailable } from '../../errors.ts';
import { withoutSecrets } from '../../signer/keyfile/passphrase-variables.ts';
import type { Credential, Environment } from './credential.ts';

const MAX_OUTPUT = 64 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Asks `docker-credential-NAME get` for the credential of an address (the protocol of Docker's helpers); null
 * where the helper says that it has none.
 *
 * @throws CountersignError CREDENTIALS-HELPER (exit 6); what the helper wrote is never part of it
 */
export async function askHelper(
  name: string,
  address: string,
  environment: Environment,
): Promise<Credential | null> {
  const program = `docker-credential-${name}`;
  const fail = (message: string, cause?: unknown): Error =>
    unavailable('CREDENTIALS-HELPER', message, {
      where: program.slice(0, 100),
      hint: `try: echo ${address} | ${program.slice(0, 100)} get`,
      cause,
    });
  // The name becomes part of a command: no path, no option.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw fail('the name of the credential helper is not plain');
  const { code, output } = await ask(program, address, environment, fail);
  if (code !== 0) {
    if (output.includes('credentials not found')) return null;
    throw fail(`the credential helper ended with exit code ${String(code)}`);
  }
  let answer: { Username?: unknown; Secret?: unknown } | null;
  try {
    answer = JSON.parse(output) as { Username?: unknown; Secret?: unknown } | null;
  } catch {
    throw fail('the credential helper did not answer with JSON');
  }
  const [username, secret] = [answer?.Username, answer?.Secret];
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw fail('the credential helper answered without Username and Secret');
  if (username === '' && secret === '') return null;
  return username === '<token>'
    ? { kind: 'refresh-token', token: secret }
    : { kind: 'password', username, password: secret };
}

async function ask(
  program: string,
  address: string,
  environment: Environment,
  fail: (message: string, cause?: unknown) => Error,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: withoutSecrets(environment),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (message: string): void => {
      child.kill('SIGKILL');
      // A program that the helper started may hold the pipe open for ever.
      child.stdout.destroy();
      reject(fail(message));
    };
    const late = setTimeout(() => {
      giveUp('the credential helper does not end');
    }, TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT) giveUp('the credential helper does not stop writing');
      else chunks.push(chunk);
    });
    child.stdin.on('error', () => {
      // A helper may answer without reading its input; its exit code tells.
    });
    child.stdin.end(address);
    child.once('error', (cause) => {
      clearTimeout(late);
      reject(fail('the credential helper cannot be started', cause));
    });
    child.once('close', (code) => {
      clearTimeout(late);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
