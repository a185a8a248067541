import { openKeyFiles } from '../../signer/keyfile/key-files.ts';
import { resolveModule } from '../../signer/pkcs11/module.ts';
import { chooseSecretFile, parseSecretFile, readSecretFile } from '../../signer/secret-file.ts';
import type { PinDialogue } from '../../signer/pkcs11/pin.ts';
import type { OpenToken } from '../../signer/pkcs11/token.ts';
import { finishKeyFiles } from '../../station/keys/change-passphrase.ts';
import type { Home } from '../../station/home/home.ts';
import { keyFolder } from '../../station/keys/key-folder.ts';
import { allowedModules } from '../../station/keys/modules.ts';
import type { OpenSigner, SignerPlace } from '../../station/keys/signers.ts';
import { openStationToken } from '../../station/home/token-process.ts';
import { escapeCut, show } from '../escape.ts';
import { passphrasesOf } from './passphrases.ts';
import { askLine, askSecret } from './prompt.ts';

/** Files that hold secrets, as the command line named them. */
export interface SecretOptions {
  /** `[TOKEN=]FILE` */
  readonly pinFiles: readonly string[];
  /** `[KEYID=]FILE` */
  readonly passphraseFiles: readonly string[];
}

/**
 * Opens tokens and key files, asking for each secret once: a file first, then, for key files alone, the variables of
 * Docker and Notary, then the terminal (S22, R12).
 *
 * @param fresh whether a passphrase is a new one, to be typed twice
 */
export function signerOpener(home: Home, options: SecretOptions, fresh = false): OpenSigner {
  return async (place, tokens) => {
    if (place.kind === 'keyfile') {
      const question = { text: 'passphrase of the key files:', twice: fresh };
      await finishKeyFiles(home);
      const passphrases = passphrasesOf(options.passphraseFiles, process.env, () => question);
      return openKeyFiles({ directory: keyFolder(home), passphrases });
    }
    return openTokenAt(home, place, options, tokens);
  };
}

/** Opens one token, asking for its PIN. */
export async function openTokenAt(
  home: Home,
  place: SignerPlace & { readonly kind: 'token' },
  options: SecretOptions,
  tokens = 1,
): Promise<OpenToken> {
  const uri = { token: place.token, serial: place.serial, modulePath: place.module };
  const module = resolveModule(uri, allowedModules(home.ledger.lines()));
  return openStationToken(home.dir, {
    ...{ module, uri, dialogue: pinDialogue(options, tokens) },
    onWait(pid) {
      process.stderr.write(
        `waiting for process ${String(pid)}: it finishes what an interrupted command asked of the token\n`,
      );
    },
  });
}

/** How a token's PIN is asked for: from its file, or at the terminal, where the last attempt can be allowed. */
function pinDialogue(options: SecretOptions, tokens: number): PinDialogue {
  const files = options.pinFiles.map(parseSecretFile);
  const dialogue: PinDialogue = {
    async pin({ label, purpose, logins }) {
      const file = chooseSecretFile(files, label, tokens);
      if (file !== null) return readSecretFile(file);
      const times = purpose === 'signatures' ? ` (used for ${String(logins)} signatures)` : '';
      return askSecret(`PIN of token ${show(label, 40)}${times}:`);
    },
    countLow({ label }) {
      process.stderr.write(
        `the token ${show(label, 40)} counts failed PIN attempts: one of the last was wrong\n`,
      );
    },
  };
  if (files.length > 0) return dialogue;
  return {
    ...dialogue,
    async finalTry({ label }) {
      const answer = await askLine(`one attempt is left on ${show(label, 40)}; type FINAL TRY to use it:`);
      return answer.trim() === 'FINAL TRY';
    },
    async consent({ label, signatures }) {
      const count = String(signatures);
      const answer = await askLine(
        `the key in ${escapeCut(label, 40)} asks for its PIN each time; type ${count} to sign that often:`,
      );
      return answer.trim() === count;
    },
  };
}
