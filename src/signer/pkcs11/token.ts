import { refused, unavailable } from '../../errors.ts';
import type { GeneratedKey, GenerateTask, Signer, SigningKey, SignTask, TakeTask } from '../signer.ts';
import { type ChildOptions, TokenProcess } from './child-process.ts';
import { chooseToken } from './choose-token.ts';
import { enrolKeys, type GenerationContext, generateInToken } from './generation.ts';
import { asked, checkPin, checkPinState, loginError, nameToken, type PinDialogue } from './pin.ts';
import { loginReturnValue } from './failures.ts';
import type { KeyFacts, TokenFacts } from './protocol.ts';
import { signInToken } from './signing.ts';
import { takeIntoToken } from './taking.ts';
import type { TokenUri } from './uri.ts';

export interface OpenTokenOptions extends ChildOptions {
  /** Names the token: by label, serial or both; exactly one token must fit. */
  readonly uri: TokenUri;
  readonly dialogue: PinDialogue;
}

/** A token that is logged in. Its child process, with the login in it, lives until {@link OpenToken.close}. */
export interface OpenToken extends Signer {
  readonly label: string;
  readonly serial: string;
  /** Absolute path of the module. */
  readonly module: string;
  /** The private keys in the token. */
  keys(): readonly KeyFacts[];
  /** A key that is already in the token, named by `id`, `object` or both: found, graded, tried with one signature. */
  enrol(uri: TokenUri): Promise<GeneratedKey>;
}

/**
 * Starts the child, chooses the token, asks for its PIN and logs in: one login, never repeated (R12).
 *
 * @throws CountersignError TOKEN-*, PIN-* (mostly exit 6)
 */
export async function openToken(options: OpenTokenOptions): Promise<OpenToken> {
  const { process, tokens } = await TokenProcess.start(options);
  try {
    const chosen = chooseToken(tokens, options.uri);
    process.where = nameToken(chosen);
    const token = await process.call('select', { slot: chosen.slot, ...asked(chosen) });
    await login(process, token, options.dialogue);
    const opened = new LoggedInToken(process, token, options);
    await opened.refreshKeys();
    return opened;
  } catch (error) {
    await process.close();
    throw error;
  }
}

async function login(process: TokenProcess, token: TokenFacts, dialogue: PinDialogue): Promise<void> {
  const finalTry = await checkPinState(token, dialogue);
  const pin = await dialogue.pin({ ...asked(token), purpose: 'login', logins: 1 });
  try {
    checkPin(pin, token);
    await process.call('login', { pin, finalTry });
  } catch (error) {
    throw await explainLogin(process, error);
  } finally {
    pin.fill(0);
  }
}

/** The token says after a failed login how it stands with its PIN; asking costs nothing. */
async function explainLogin(process: TokenProcess, error: unknown): Promise<unknown> {
  const code = loginReturnValue(error);
  if (code === null) return error;
  const after = await process.call('token', null).catch(() => null);
  return loginError({ code }, after?.flags ?? null, process.where) ?? error;
}

class LoggedInToken implements OpenToken, GenerationContext {
  readonly process: TokenProcess;
  readonly token: TokenFacts;
  readonly module: string;
  readonly dialogue: PinDialogue;
  keysById: ReadonlyMap<string, KeyFacts> = new Map();

  constructor(process: TokenProcess, token: TokenFacts, options: OpenTokenOptions) {
    this.process = process;
    this.token = token;
    this.module = options.module.path;
    this.dialogue = options.dialogue;
  }

  get label(): string {
    return this.token.label;
  }

  get serial(): string {
    return this.token.serial;
  }

  keys(): readonly KeyFacts[] {
    return Array.from(this.keysById.values());
  }

  async refreshKeys(): Promise<void> {
    const keys = await this.process.call('keys', null);
    this.keysById = new Map(keys.map((key) => [key.id, key]));
  }

  sign(
    tasks: readonly SignTask[],
    onSignature?: (index: number, signature: Uint8Array) => void,
  ): Promise<Uint8Array[]> {
    return signInToken(this, tasks, onSignature);
  }

  generate(tasks: readonly GenerateTask[]): Promise<GeneratedKey[]> {
    return generateInToken(this, tasks);
  }

  take(task: TakeTask): Promise<GeneratedKey> {
    return takeIntoToken(this, task);
  }

  async destroy({ location }: SigningKey): Promise<boolean> {
    if (location.kind !== 'token') throw refused('TOKEN-KEY', 'the key is in a file, not in a token');
    const { id } = location;
    if ((this.keysById.get(id)?.count ?? 0) > 1) throw severalKeys(this.process.where, id);
    const destroyed = await this.process.call('destroy', { id });
    await this.refreshKeys();
    if (this.keysById.has(id))
      throw unavailable('TOKEN-KEY', 'the token still holds the key that it was told to destroy', {
        where: `${this.process.where}, CKA_ID ${id}`,
        hint: 'some tokens let only their own tools delete keys: use those',
      });
    return destroyed > 0;
  }

  async enrol(uri: TokenUri): Promise<GeneratedKey> {
    const [only, ...more] = this.keys().filter(
      ({ id, label }) => (uri.id ?? id) === id && (uri.object ?? label) === label,
    );
    const expected = [uri.id && `CKA_ID ${uri.id}`, uri.object && `label "${uri.object}"`]
      .filter(Boolean)
      .join(', ');
    if (only === undefined)
      throw unavailable('TOKEN-KEY', 'the key is not in the token', {
        expected,
        where: this.process.where,
        hint: 'countersign token show lists the keys of the token',
      });
    if (more.length > 0 || only.count > 1)
      throw refused('TOKEN-KEY-TWICE', 'several private keys in the token fit', {
        expected: `one with ${expected}`,
        found: [only, ...more].map(({ id }) => `CKA_ID ${id}`).join(', '),
        where: this.process.where,
        hint: 'name the key by its id',
      });
    const [key] = await enrolKeys(this, [only.id]);
    return key as GeneratedKey;
  }

  close(): Promise<void> {
    return this.process.close();
  }
}

function severalKeys(where: string, id: string): Error {
  return refused('TOKEN-KEY-TWICE', 'several private keys in the token have the same CKA_ID', {
    found: `CKA_ID ${id}`,
    where,
    hint: 'delete the one that is meant with the tools of the token',
  });
}
