import { refused, usage } from '../../errors.ts';
import {
  copyOf,
  type KeyFileOwner,
  type Passphrase,
  type Passphrases,
} from '../../signer/keyfile/passphrases.ts';
import { passphraseVariable } from '../../signer/keyfile/passphrase-variables.ts';
import {
  chooseSecretFile,
  parseSecretFile,
  readSecretFile,
  type SecretFile,
} from '../../signer/secret-file.ts';
import { askSecret } from './prompt.ts';

/** What is asked where no file and no variable answers; each question once a command. */
export interface PassphraseQuestion {
  readonly text: string;
  /** A new passphrase is typed twice. */
  readonly twice: boolean;
}

/** A name of a secret file that stands for key files as such. */
const ANY = 'keyfile';

/**
 * Passphrases of key files: a file of the command line, else a variable that users of Docker and Notary set, else
 * the terminal (S22). Each file is read, and each person asked, once a command; a wrong one is an error, never a
 * second question.
 *
 * @param options `[KEYID=]FILE`
 */
export function passphrasesOf(
  options: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  question: (owner: KeyFileOwner) => PassphraseQuestion,
): Passphrases {
  const files = options.map(parseSecretFile);
  const read = new Map<string, Promise<Buffer>>();
  const once = (name: string, ask: () => Promise<Buffer>): Promise<Buffer> => {
    let secret = read.get(name);
    if (secret === undefined) {
      secret = ask();
      secret.catch(() => read.delete(name));
      read.set(name, secret);
    }
    return secret;
  };
  return {
    async of(owner) {
      const file = fileFor(files, owner);
      if (file !== null)
        return passphrase(await once(`file ${file}`, () => readSecretFile(file)), `the file ${file}`);
      const variable = passphraseVariable(owner.role, variables);
      if (variable !== null) return passphrase(Buffer.from(variable.value, 'utf8'), variable.name);
      const asked = question(owner);
      return passphrase(await once(`question ${asked.text}`, () => askPassphrase(asked)), 'the terminal');
    },
    isAtHand: (owner) => fileFor(files, owner) !== null || passphraseVariable(owner.role, variables) !== null,
    wipe() {
      for (const secret of read.values())
        void secret.then(
          (bytes) => bytes.fill(0),
          () => undefined,
        );
      read.clear();
    },
  };
}

function passphrase(secret: Uint8Array, origin: string): Passphrase {
  if (secret.length === 0)
    throw refused('PASSPHRASE-EMPTY', 'the passphrase is empty', { hint: 'key files are always encrypted' });
  return { passphrase: copyOf(secret), origin };
}

/** The file that names the key, by its ID or the beginning of it, or one for all of them. */
function fileFor(files: readonly SecretFile[], { id }: KeyFileOwner): string | null {
  const named = files.filter(
    ({ name }) => id !== null && name !== null && name.length >= 8 && id.startsWith(name),
  );
  if (named.length > 1)
    throw usage('SECRET-FILE-TWICE', 'two secret files for one name', { found: id ?? '' });
  return named[0]?.file ?? chooseSecretFile(files, ANY, 1);
}

async function askPassphrase({ text, twice }: PassphraseQuestion): Promise<Buffer> {
  const first = await askSecret(text);
  if (!twice) return first;
  const again = await askSecret('the same passphrase again:');
  try {
    if (first.equals(again)) return first;
    first.fill(0);
    throw usage('PASSPHRASE-TWICE', 'the two passphrases differ', { hint: 'nothing was changed; try again' });
  } finally {
    again.fill(0);
  }
}
