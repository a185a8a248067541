import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { PKCS11 } from 'pkcs11js';
import { CKF, CKR } from './constants.ts';
import { CryptokiError, readCryptokiError } from './cryptoki-error.ts';
import { checkSignInput, nativeMechanism, type SignMechanism } from './sign-mechanism.ts';
import { nativeTemplate, type Template } from './template.ts';

export type Handle = Buffer;

/** Fits every signature of every algorithm (RSA-4096). */
const SIGNATURE_SPACE = 512;
const FIND_PAGE = 512;

export interface RawTokenInfo {
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly flags: number;
  readonly minPinLength: number;
  readonly maxPinLength: number;
}

/** The addon that talks to modules could not be loaded: it is not built. */
export class AddonError extends Error {
  override readonly name = 'AddonError';
}

/**
 * The one typed wrapper over the binding: every call validated before it goes native, every error a
 * {@link CryptokiError}, only synchronous calls (the callback form keeps no reference to its input, and closing
 * with a call in flight ends the process). Runs in the child process only.
 *
 * There is no way to initialise a token, to set a PIN or to send an empty one, and none to unload the module:
 * the process ends instead.
 */
export class Cryptoki {
  private readonly native: PKCS11;
  /** Attribute types that the module did not tell in one call. */
  private readonly spoilt = new Set<string>();

  private constructor(native: PKCS11) {
    this.native = native;
  }

  /**
   * Loads a module and initialises it.
   *
   * @param path absolute path of a regular file (a link to one is followed)
   * @param parameters initialisation string of NSS-style modules
   * @throws AddonError, CryptokiError, or Error with what the dynamic linker says
   */
  static async load(path: string, parameters?: string): Promise<Cryptoki> {
    if (!isAbsolute(path) || !lstatSync(realpathSync(path)).isFile())
      throw new Error('not an absolute path of a file');
    const binding = await import('pkcs11js').catch((cause: unknown) => {
      throw new AddonError('pkcs11js is not built', { cause });
    });
    // A failed load leaves an object whose next call crashes: it is dropped with this scope.
    const native = new binding.default.PKCS11();
    call('dlopen', () => {
      native.load(path);
    });
    call('C_Initialize', () => {
      // The binding drops the last byte of the string, hence the space.
      native.C_Initialize(
        parameters === undefined
          ? { flags: CKF.osLocking }
          : { libraryParameters: `${parameters} `, flags: CKF.osLocking },
      );
    });
    return new Cryptoki(native);
  }

  slotsWithToken(): Handle[] {
    return call('C_GetSlotList', () => this.native.C_GetSlotList(true));
  }

  tokenInfo(slot: Handle): RawTokenInfo {
    const info = call('C_GetTokenInfo', () => this.native.C_GetTokenInfo(slot));
    return {
      label: trimPadding(info.label),
      serial: trimPadding(info.serialNumber),
      manufacturer: trimPadding(info.manufacturerID),
      model: trimPadding(info.model),
      flags: info.flags,
      minPinLength: info.minPinLen,
      maxPinLength: info.maxPinLen,
    };
  }

  mechanisms(slot: Handle): number[] {
    return call('C_GetMechanismList', () => this.native.C_GetMechanismList(slot));
  }

  /** A session that may create objects, or a read-only one on a token that is write-protected. */
  openSession(slot: Handle): Handle {
    const flags = CKF.serialSession | CKF.rwSession;
    try {
      return call('C_OpenSession', () => this.native.C_OpenSession(slot, flags));
    } catch (error) {
      if (!(error instanceof CryptokiError) || error.code !== CKR.tokenWriteProtected) throw error;
      return call('C_OpenSession', () => this.native.C_OpenSession(slot, CKF.serialSession));
    }
  }

  closeSession(session: Handle): void {
    call('C_CloseSession', () => {
      this.native.C_CloseSession(session);
    });
  }

  /**
   * One login with one PIN. The binding wants a string, so one is made here, at the call, and nowhere else.
   *
   * @throws TypeError for an empty PIN, which a module would count as an attempt
   */
  login(session: Handle, user: number, pin: Uint8Array): void {
    if (pin.length === 0) throw new TypeError('an empty PIN is never sent');
    call('C_Login', () => {
      this.native.C_Login(
        session,
        user,
        Buffer.from(pin.buffer, pin.byteOffset, pin.byteLength).toString('utf8'),
      );
    });
  }

  findObjects(session: Handle, template: Template): Handle[] {
    const native = nativeTemplate(template);
    call('C_FindObjectsInit', () => {
      this.native.C_FindObjectsInit(session, native);
    });
    try {
      const found: Handle[] = [];
      for (;;) {
        const page = call('C_FindObjects', () => this.native.C_FindObjects(session, FIND_PAGE));
        found.push(...page);
        if (page.length === 0) return found;
      }
    } finally {
      call('C_FindObjectsFinal', () => {
        this.native.C_FindObjectsFinal(session);
      });
    }
  }

  /** Several at once, each as {@link attribute} says: one that is not told spoils the call, then one by one. */
  attributes(session: Handle, object: Handle, types: readonly number[]): (Buffer | null)[] {
    const together = types.join(' ');
    if (!this.spoilt.has(together))
      try {
        const asked = types.map((type) => ({ type }));
        const told = call('C_GetAttributeValue', () =>
          this.native.C_GetAttributeValue(session, object, asked),
        );
        return types.map((_, at) => {
          const value: unknown = told[at]?.value;
          return Buffer.isBuffer(value) ? value : null;
        });
      } catch (error) {
        if (!(error instanceof CryptokiError)) throw error;
        this.spoilt.add(together);
      }
    return types.map((type) => this.attribute(session, object, type));
  }

  /** One attribute of one object, or null where the module does not tell (unknown to it, or sensitive). */
  attribute(session: Handle, object: Handle, type: number): Buffer | null {
    try {
      const [result] = call('C_GetAttributeValue', () =>
        this.native.C_GetAttributeValue(session, object, [{ type }]),
      );
      const value: unknown = result?.value;
      return Buffer.isBuffer(value) ? value : null;
    } catch (error) {
      if (!(error instanceof CryptokiError)) throw error;
      if (error.code === CKR.attributeTypeInvalid || error.code === CKR.attributeSensitive) return null;
      throw error;
    }
  }

  generateKeyPair(session: Handle, mechanism: number, publicKey: Template, privateKey: Template) {
    const [publicTemplate, privateTemplate] = [nativeTemplate(publicKey), nativeTemplate(privateKey)];
    return call('C_GenerateKeyPair', () =>
      this.native.C_GenerateKeyPair(session, { mechanism }, publicTemplate, privateTemplate),
    );
  }

  createObject(session: Handle, template: Template): Handle {
    const native = nativeTemplate(template);
    return call('C_CreateObject', () => this.native.C_CreateObject(session, native));
  }

  destroy(session: Handle, object: Handle): void {
    call('C_DestroyObject', () => {
      this.native.C_DestroyObject(session, object);
    });
  }

  /** @throws TypeError for an input that is not a digest of the length that the mechanism signs */
  signInit(session: Handle, mechanism: SignMechanism, key: Handle, input: Uint8Array): void {
    checkSignInput(mechanism, input);
    const parameter = nativeMechanism(mechanism);
    call('C_SignInit', () => {
      this.native.C_SignInit(session, parameter, key);
    });
  }

  sign(session: Handle, input: Uint8Array): Buffer {
    const data = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    return call('C_Sign', () => this.native.C_Sign(session, data, Buffer.alloc(SIGNATURE_SPACE)));
  }

  /** Logs out and finalises; errors are of no more interest, since the process ends next. */
  finish(session: Handle | null): void {
    const last: (() => void)[] = [
      () => {
        if (session !== null) this.native.C_Logout(session);
      },
      () => {
        if (session !== null) this.native.C_CloseSession(session);
      },
      () => {
        this.native.C_Finalize();
      },
    ];
    for (const step of last)
      try {
        step();
      } catch {
        // A token that is gone cannot be logged out of.
      }
  }
}

/** Fields of CK_TOKEN_INFO are padded with spaces, by some modules with NULs. */
function trimPadding(text: string): string {
  return text.replace(/[ \0]+$/, '');
}

function call<T>(method: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw readCryptokiError(method, thrown) ?? thrown;
  }
}
