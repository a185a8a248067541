import { incomplete } from '../../errors.ts';
import { openSecondCheck, type SecondCheck, type SecondCheckTask } from '../../signer/second-check.ts';
import type { KeyFileOwner } from '../../signer/keyfile/passphrases.ts';
import type {
  GeneratedKey,
  GenerateTask,
  Signer,
  SigningKey,
  SignTask,
  TakeTask,
} from '../../signer/signer.ts';

/**
 * Where a key is, without the key: one token, which one PIN opens, or the home's key files, whose passphrase may
 * depend on the key and its role.
 */
export type SignerPlace =
  | { readonly kind: 'keyfile'; readonly key?: KeyFileOwner }
  | { readonly kind: 'token'; readonly module: string; readonly token: string; readonly serial: string };

/**
 * Opens a place: asks for its secret and logs in, once (R12). Key files, of which each may have its own, open without.
 *
 * @param tokens how many tokens the command uses: a PIN that is not named after its token serves only one
 */
export type OpenSigner = (place: SignerPlace, tokens: number) => Promise<Signer>;

/** The place that a key lives in. */
export function placeOf(key: SigningKey): SignerPlace {
  if (key.location.kind === 'keyfile') return { kind: 'keyfile', key: { id: key.id, role: key.role } };
  const { module, token, serial } = key.location;
  return { kind: 'token', module, token, serial };
}

/** The place for a new key of a role beside a key that is here. */
export function placeBeside(neighbour: SigningKey, role: string): SignerPlace {
  return neighbour.location.kind === 'keyfile'
    ? { kind: 'keyfile', key: { id: null, role } }
    : placeOf(neighbour);
}

/** A signature and what it was asked for. */
export interface SignedTask {
  readonly task: SignTask;
  readonly signature: Uint8Array;
}

function checkTask({ task: { key, scheme, message }, signature }: SignedTask): SecondCheckTask {
  return { publicKey: key.public, scheme, message, signature };
}

/** Whose passphrase a place needs, where that is known. */
function ownerIn(place: SignerPlace): KeyFileOwner[] {
  return place.kind === 'keyfile' && place.key ? [place.key] : [];
}

function placeName(place: SignerPlace): string {
  return place.kind === 'keyfile' ? 'keyfile' : `${place.token} ${place.serial}`;
}

/**
 * The signers of one command: every place is opened at its first use and once only, so that a thousand
 * repositories cost one PIN and one login. One that did not open stays closed: asking again with the same wrong PIN
 * would use up the attempts that the token allows (R12).
 */
export class Signers {
  private readonly open: OpenSigner;
  private tokens = 1;
  private readonly opened = new Map<string, Promise<Signer>>();
  private check: SecondCheck | null = null;
  /** Milliseconds spent inside signers. */
  milliseconds = 0;

  constructor(open: OpenSigner) {
    this.open = open;
  }

  /** Opens places now, so that every secret is asked for before anything is made. */
  async prepare(places: readonly SignerPlace[]): Promise<void> {
    const groups = new Map<string, SignerPlace[]>();
    for (const place of places) {
      const group = groups.get(placeName(place)) ?? [];
      groups.set(placeName(place), group);
      group.push(place);
    }
    this.tokens = Math.max(1, [...groups.values()].filter(([first]) => first?.kind === 'token').length);
    for (const group of groups.values()) {
      const signer = await this.signer(group[0] as SignerPlace);
      await signer.prepare?.(group.flatMap(ownerIn));
    }
  }

  /** These keys will probably sign: see {@link Signer.foresee}. No token is opened before it is needed (R12). */
  async foresee(keys: readonly SigningKey[]): Promise<void> {
    const inFiles = keys.filter(({ location }) => location.kind === 'keyfile');
    if (inFiles.length === 0) return;
    await this.signer({ kind: 'keyfile' }).then(
      (signer) => signer.foresee?.(inFiles),
      () => undefined,
    );
  }

  /** So many signatures are about to be made, about: what verifies them starts while other things are done. */
  expect(signatures: number): void {
    this.check ??= openSecondCheck(signatures);
  }

  /** Milliseconds spent on the second verification while nothing else was done. */
  get secondCheckMilliseconds(): number {
    return this.check?.milliseconds ?? 0;
  }

  /**
   * Signs in bulk; signatures in the order of the tasks, each reported as it arrives. What is returned was verified
   * twice: by the signer, and all of it by a second implementation (R11).
   *
   * @throws SIGNATURE-SECOND-CHECK
   */
  sign(
    tasks: readonly SignTask[],
    onSignature?: (index: number, signature: Uint8Array) => void,
  ): Promise<readonly Uint8Array[]> {
    return this.signThen(tasks, onSignature, [], (signatures) => signatures);
  }

  /**
   * As {@link sign}, place by place, and gives what is made of the signatures in memory while the second verification
   * still goes on: it comes back only when that has passed (S28).
   *
   * @param recorded signatures of an interrupted run, which are verified along with the new ones
   * @param make must keep and write nothing
   * @throws SIGNATURE-SECOND-CHECK
   */
  async signThen<Made>(
    tasks: readonly SignTask[],
    onSignature: ((index: number, signature: Uint8Array) => void) | undefined,
    recorded: readonly SignedTask[],
    make: (signatures: readonly Uint8Array[]) => Made,
  ): Promise<Made> {
    this.expect(tasks.length + recorded.length);
    const check = this.check as SecondCheck;
    check.add(recorded.map(checkTask));
    const signatures = new Array<Uint8Array>(tasks.length);
    const groups = new Map<string, { place: SignerPlace; indices: number[] }>();
    tasks.forEach((task, index) => {
      const place = placeOf(task.key);
      const group = groups.get(placeName(place)) ?? { place, indices: [] };
      group.indices.push(index);
      groups.set(placeName(place), group);
    });
    for (const { place, indices } of groups.values()) {
      const batch = indices.map((index) => tasks[index] as SignTask);
      const signer = await this.signer(place);
      const start = performance.now();
      const signed = await signer.sign(batch, (at, signature) => {
        check.add([checkTask({ task: batch[at] as SignTask, signature })]);
        onSignature?.(indices[at] as number, signature);
      });
      this.milliseconds += performance.now() - start;
      signed.forEach((signature, at) => (signatures[indices[at] as number] = signature));
    }
    const passed = check.passed();
    // where making fails first, that is the error
    passed.catch(() => undefined);
    const made = make(signatures);
    await passed;
    return made;
  }

  /** Generates keys in one place. */
  async generate(place: SignerPlace, tasks: readonly GenerateTask[]): Promise<GeneratedKey[]> {
    return (await this.signer(place)).generate(tasks);
  }

  /** Takes a key of another program into a place. */
  async take(place: SignerPlace, task: TakeTask): Promise<GeneratedKey> {
    return (await this.signer(place)).take(task);
  }

  /** Destroys a key for good; false where it was gone already. */
  async destroy(key: SigningKey): Promise<boolean> {
    // Without the key: a file is erased without its passphrase.
    const place = placeOf(key);
    return (await this.signer(place.kind === 'keyfile' ? { kind: 'keyfile' } : place)).destroy(key);
  }

  async close(): Promise<void> {
    for (const signer of this.opened.values())
      await signer.then(
        (open) => open.close(),
        () => undefined,
      );
    this.opened.clear();
    await this.check?.close();
  }

  private signer(place: SignerPlace): Promise<Signer> {
    const name = placeName(place);
    let signer = this.opened.get(name);
    if (!signer) {
      signer = this.open(place, this.tokens);
      this.opened.set(name, signer);
    }
    return signer;
  }
}

/** @throws KEY-NONE: no key here that the request calls for (exit 4) */
export function noKey(where: string, hint: string): Error {
  return incomplete('KEY-NONE', 'no key of this station is called for', { where, hint });
}
