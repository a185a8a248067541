import { join } from 'node:path';
import { usage } from '../errors.ts';
import { chooseSecretFile, parseSecretFile, readSecretFile } from '../signer/secret-file.ts';
import type { PinDialogue } from '../signer/pkcs11/pin.ts';
import type { Home } from '../station/home.ts';
import { allowedModules } from '../station/modules.ts';
import type { OpenSigner } from '../station/signers.ts';
import { escapeCut, show } from './escape.ts';
import { askLine, askSecret } from './prompt.ts';

/** Files that hold secrets, as the command line named them. */
export interface SecretOptions {
  /** `[TOKEN=]FILE` */
  readonly pinFiles: readonly string[];
  /** `[KEYID=]FILE` */
  readonly passphraseFiles: readonly string[];
}

/**
 * Opens tokens and key files, asking for each secret once: a file first, then the terminal (S22, R12).
 *
 * @param fresh whether a passphrase is a new one, to be typed twice
 */
export function signerOpener(home: Home, options: SecretOptions, fresh = false): OpenSigner {
  return async (place, tokens) => {
    if (place.kind === 'keyfile') {
      const { openKeyFiles } = await import('../signer/keyfile/key-files.ts');
      const passphrase = await passphraseFor(options, fresh);
      try {
        return openKeyFiles({ directory: join(home.dir, 'keys'), passphrase });
      } finally {
        passphrase.fill(0);
      }
    }
    const { openToken } = await import('../signer/pkcs11/token.ts');
    const { resolveModule } = await import('../signer/pkcs11/module.ts');
    const uri = { token: place.token, serial: place.serial, modulePath: place.module };
    const module = resolveModule(uri, allowedModules(home.ledger.lines()));
    return openToken({ module, uri, dialogue: pinDialogue(options, tokens) });
  };
}

async function passphraseFor(options: SecretOptions, fresh: boolean): Promise<Buffer> {
  const file = chooseSecretFile(options.passphraseFiles.map(parseSecretFile), 'keyfile', 1);
  if (file !== null) return readSecretFile(file);
  const passphrase = await askSecret('passphrase of the key files:');
  if (!fresh) return passphrase;
  const again = await askSecret('the same passphrase again:');
  try {
    if (!passphrase.equals(again))
      throw usage('PASSPHRASE-TWICE', 'the two passphrases differ', {
        hint: 'nothing was changed; try again',
      });
    return passphrase;
  } finally {
    again.fill(0);
  }
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
