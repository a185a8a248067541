import { CKA, CKF, CKK, CKO, CKR, CKU } from './constants.ts';
import { ChildRefusal } from './child-refusal.ts';
import { CryptokiError } from './cryptoki-error.ts';
import { ofClass, readBoolean, readUlong } from './attribute.ts';
import { readClaims } from './claims.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { type KeyPairTemplate, keyPairTemplates, triesNext } from './key-template.ts';
import { takenKeyTemplates } from './taken-key-template.ts';
import type {
  Calls,
  KeyClaims,
  KeyFacts,
  MadeKey,
  NewKey,
  PublicKeyFacts,
  SignRequest,
  TokenFacts,
} from './protocol.ts';

interface PrivateKey {
  readonly handles: Handle[];
  readonly label: string;
  alwaysAuthenticate: boolean;
  /** SENSITIVE and not EXTRACTABLE, read again in this session. */
  checked: boolean;
}

/** The child's side: one module, one token, one session, one login, one enumeration of its private keys. */
export class ChildToken {
  private readonly cryptoki: Cryptoki;
  private slots: Handle[] = [];
  private selected: { readonly slot: Handle; readonly facts: TokenFacts } | null = null;
  private session: Handle | null = null;
  private keys = new Map<string, PrivateKey>();

  constructor(cryptoki: Cryptoki) {
    this.cryptoki = cryptoki;
  }

  tokens(): TokenFacts[] {
    this.slots = this.cryptoki.slotsWithToken();
    return this.slots.map((handle, slot) => ({ ...this.cryptoki.tokenInfo(handle), slot }));
  }

  mechanisms(slot: number): number[] {
    return this.cryptoki.mechanisms(this.slot(slot));
  }

  select(input: Calls['select']['in']): TokenFacts {
    const slot = this.slot(input.slot);
    const facts = { ...this.cryptoki.tokenInfo(slot), slot: input.slot };
    if (facts.label !== input.label || facts.serial !== input.serial)
      throw new ChildRefusal({ kind: 'swapped' });
    this.selected = { slot, facts };
    this.session = this.cryptoki.openSession(slot);
    return facts;
  }

  token(): TokenFacts {
    if (this.selected === null) throw new Error('no token is selected');
    const { slot, facts } = this.selected;
    const now = { ...this.cryptoki.tokenInfo(slot), slot: facts.slot };
    if (now.label !== facts.label || now.serial !== facts.serial) throw new ChildRefusal({ kind: 'swapped' });
    return now;
  }

  login(pin: Uint8Array, finalTry: boolean): void {
    const { flags } = this.token();
    const last = (flags & CKF.userPinFinalTry) !== 0;
    if ((flags & CKF.userPinLocked) !== 0 || (last && !finalTry))
      throw new ChildRefusal({ kind: 'pin-state' });
    this.cryptoki.login(this.opened(), CKU.user, pin);
  }

  enumerate(): KeyFacts[] {
    const session = this.opened();
    this.keys = new Map();
    for (const handle of this.cryptoki.findObjects(session, ofClass(CKO.privateKey))) {
      const { id, key } = this.describe(handle);
      const known = this.keys.get(id);
      if (known === undefined) this.keys.set(id, key);
      else known.handles.push(handle);
    }
    return Array.from(this.keys, ([id, key]) => ({
      id,
      label: key.label,
      count: key.handles.length,
      alwaysAuthenticate: key.alwaysAuthenticate,
    }));
  }

  publicKeys(): PublicKeyFacts[] {
    const session = this.opened();
    return this.cryptoki.findObjects(session, ofClass(CKO.publicKey)).map((handle) => {
      const read = (...types: number[]) => this.cryptoki.attributes(session, handle, types);
      const [id, label, type] = read(CKA.id, CKA.label, CKA.keyType);
      const keyType = readUlong(type ?? null);
      const rsa = keyType === CKK.rsa;
      const [modulus = null, exponent = null] = rsa ? read(CKA.modulus, CKA.publicExponent) : [];
      const [ecParams = null, ecPoint = null] = rsa ? [] : read(CKA.ecParams, CKA.ecPoint);
      return {
        id: id?.toString('hex') ?? '',
        label: label?.toString('utf8') ?? '',
        raw: { keyType, ecParams, ecPoint, modulus, exponent },
      };
    });
  }

  claims(id: string): KeyClaims {
    const [handle] = this.key(id).handles as [Handle];
    return readClaims(this.cryptoki, this.opened(), handle);
  }

  generate({ algorithm, label, id }: NewKey): MadeKey {
    const session = this.opened();
    const make = ({ mechanism, publicKey, privateKey }: KeyPairTemplate): Handle =>
      this.cryptoki.generateKeyPair(session, mechanism, publicKey, privateKey).privateKey;
    const { tier } = this.strictest(id, keyPairTemplates(algorithm, label, id), make);
    return { tier, claims: this.claims(id) };
  }

  take({ key, label, id }: Calls['take']['in']): { tier: number } {
    this.destroy(id);
    const session = this.opened();
    const { publicKey, privateKeys } = takenKeyTemplates(key, label, id);
    this.cryptoki.createObject(session, publicKey);
    try {
      return this.strictest(id, privateKeys, ({ template }) => this.cryptoki.createObject(session, template));
    } catch (error) {
      this.destroy(id);
      throw error;
    }
  }

  /** Makes a private key from the first template that the token takes. */
  private strictest<T extends { tier: number }>(id: string, tiers: readonly T[], make: (one: T) => Handle) {
    let last: CryptokiError | null = null;
    for (const one of tiers)
      try {
        this.keys.set(id, this.describe(make(one)).key);
        return { tier: one.tier };
      } catch (error) {
        if (!(error instanceof CryptokiError) || !triesNext(error.code)) throw error;
        last = error;
      }
    throw last ?? new CryptokiError('C_GenerateKeyPair', CKR.mechanismInvalid, 'CKR_MECHANISM_INVALID');
  }

  destroy(id: string): number {
    const session = this.opened();
    let count = 0;
    const named = { type: CKA.id, value: Buffer.from(id, 'hex') };
    for (const objectClass of [CKO.privateKey, CKO.publicKey])
      for (const handle of this.cryptoki.findObjects(session, [...ofClass(objectClass), named])) {
        this.cryptoki.destroy(session, handle);
        count++;
      }
    this.keys.delete(id);
    return count;
  }

  reopen(): void {
    if (this.selected === null) throw new Error('no token is selected');
    const next = this.cryptoki.openSession(this.selected.slot);
    this.cryptoki.closeSession(this.opened());
    this.session = next;
    this.keys = new Map();
  }

  /** One signature; with a PIN, by a context login where the key, or the token's answer, asks for it. */
  sign(task: SignRequest, pin: Uint8Array | null): Buffer {
    const key = this.key(task.id);
    const [handle] = key.handles as [Handle];
    this.checkProtection(task.id, key);
    if (key.alwaysAuthenticate) return this.signAuthenticated(task, handle, pin);
    const session = this.opened();
    this.cryptoki.signInit(session, task.mechanism, handle, task.input);
    try {
      return this.cryptoki.sign(session, task.input);
    } catch (error) {
      // Some modules do not tell beforehand that a key asks for every signature; the operation has ended.
      if (!(error instanceof CryptokiError) || error.code !== CKR.userNotLoggedIn) throw error;
      key.alwaysAuthenticate = true;
      return this.signAuthenticated(task, handle, pin);
    }
  }

  finish(): void {
    this.cryptoki.finish(this.session);
  }

  private signAuthenticated(task: SignRequest, handle: Handle, pin: Uint8Array | null): Buffer {
    if (pin === null) throw new ChildRefusal({ kind: 'consent' });
    const session = this.opened();
    this.cryptoki.signInit(session, task.mechanism, handle, task.input);
    this.cryptoki.login(session, CKU.contextSpecific, pin);
    return this.cryptoki.sign(session, task.input);
  }

  /** Some modules let these be changed after birth, so they are read in every session that signs. */
  private checkProtection(id: string, key: PrivateKey): void {
    if (key.checked) return;
    const session = this.opened();
    const [handle] = key.handles as [Handle];
    const [sensitive, extractable] = this.cryptoki
      .attributes(session, handle, [CKA.sensitive, CKA.extractable])
      .map(readBoolean);
    if (sensitive !== true || extractable !== false) throw new ChildRefusal({ kind: 'grade', id });
    key.checked = true;
  }

  private describe(handle: Handle): { id: string; key: PrivateKey } {
    const types = [CKA.id, CKA.label, CKA.alwaysAuthenticate];
    const [id, label, asks] = this.cryptoki.attributes(this.opened(), handle, types);
    const key = {
      handles: [handle],
      label: label?.toString('utf8') ?? '',
      alwaysAuthenticate: readBoolean(asks ?? null) === true,
      checked: false,
    };
    return { id: id?.toString('hex') ?? '', key };
  }

  private key(id: string): PrivateKey {
    const key = this.keys.get(id);
    if (key?.handles.length !== 1)
      throw new ChildRefusal({ kind: 'key', id, count: key?.handles.length ?? 0 });
    return key;
  }

  private slot(index: number): Handle {
    const slot = this.slots[index];
    if (slot === undefined) throw new Error('no such slot');
    return slot;
  }

  private opened(): Handle {
    if (this.session === null) throw new Error('no session is open');
    return this.session;
  }
}
