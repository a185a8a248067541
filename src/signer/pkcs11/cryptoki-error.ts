/** What a PKCS#11 function answered when it did not answer CKR_OK. Stays inside the child process. */
export class CryptokiError extends Error {
  override readonly name = 'CryptokiError';
  /** The C function, as `C_Sign`. */
  readonly method: string;
  /** CK_RV; decide on this, never on the name. */
  readonly code: number;
  readonly rv: string;

  constructor(method: string, code: number, rv: string) {
    super(`${method}: ${rv} (0x${code.toString(16)})`);
    this.method = method;
    this.code = code;
    this.rv = rv;
  }
}

const RETURN_VALUE = /(CKR_\w+):(\d+)/;

/**
 * Reads what the binding threw. Most functions throw an error object with `code`; C_FindObjects,
 * C_SetAttributeValue, C_CreateObject and C_CopyObject throw a plain Error whose message is `CKR_NAME:code`.
 *
 * @returns null where it is no answer of the module (a TypeError of the binding, a failure to load)
 */
export function readCryptokiError(method: string, thrown: unknown): CryptokiError | null {
  if (!(thrown instanceof Error)) return null;
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  if (typeof code === 'number' && thrown.message.startsWith('CKR_'))
    return new CryptokiError(method, code, thrown.message.slice(0, 60));
  const [, name, digits] = RETURN_VALUE.exec(thrown.message) ?? [];
  return name === undefined || digits === undefined ? null : new CryptokiError(method, Number(digits), name);
}
