import { type OpenToken, openToken, type OpenTokenOptions } from '../../src/signer/pkcs11/token.ts';
import type { PinDialogue } from '../../src/signer/pkcs11/pin.ts';
import { parseTokenUri } from '../../src/signer/pkcs11/uri.ts';
import type { GeneratedKey, SigningKey } from '../../src/signer/signer.ts';
import { builtChild } from '../peers/pkcs11-child.ts';
import type { TestToken } from '../peers/softhsm.ts';

/** Options for a test's token: its variables, the child built from the sources, its right PIN. */
export async function optionsFor(
  token: TestToken,
  dialogue: Partial<PinDialogue> = {},
): Promise<OpenTokenOptions> {
  return {
    module: token.module,
    uri: parseTokenUri(token.uri),
    dialogue: { pin: () => Promise.resolve(Buffer.from(token.pin)), ...dialogue },
    childFile: await builtChild(),
    extraEnvironment: token.env,
  };
}

export async function openTestToken(token: TestToken, dialogue?: Partial<PinDialogue>): Promise<OpenToken> {
  return openToken(await optionsFor(token, dialogue));
}

/** A generated key as a station would have pinned it. */
export function pinned(key: GeneratedKey): SigningKey {
  return { ...key, id: 'f'.repeat(64), role: 'targets', repository: null };
}
