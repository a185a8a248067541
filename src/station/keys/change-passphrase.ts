import { unavailable, usage } from '../../errors.ts';
import { finishPassphraseChange, stagePassphraseChange } from '../../signer/keyfile/change-passphrase.ts';
import type { Passphrases } from '../../signer/keyfile/passphrases.ts';
import { textOf } from '../ledger/events.ts';
import type { Home } from '../home/home.ts';
import { keyFolder } from './key-folder.ts';
import { foldKeys, keyById } from './key-registry.ts';

export interface ChangedPassphrase {
  readonly id: string;
  /** Key files that have the new passphrase: the named one, and those that had the same. */
  readonly files: number;
}

/**
 * Gives a key file a new passphrase, and with it all that had the same. The ledger's line decides: a kill before it
 * leaves every file as it was, a kill after it is finished by {@link finishKeyFiles}.
 *
 * @throws CountersignError KEY-UNKNOWN, KEY-PLACE, PASSPHRASE-SAME (exit 2), PASSPHRASE-INCORRECT (exit 6)
 */
export async function changePassphrase(
  home: Home,
  text: string,
  old: Passphrases,
  fresh: Passphrases,
): Promise<ChangedPassphrase> {
  const key = keyById(foldKeys(home.ledger.lines()), text);
  if (key.location.kind !== 'keyfile')
    throw usage('KEY-PLACE', 'the key is in a token, which has a PIN and no passphrase', {
      found: key.id,
      hint: 'change the PIN with the tools of the token',
    });
  await finishKeyFiles(home);
  const before = await old.of(key);
  try {
    const after = await fresh.of(key);
    try {
      if (before.passphrase.equals(after.passphrase))
        throw usage('PASSPHRASE-SAME', 'the new passphrase is the old one');
      const { file } = key.location;
      const { batch, files } = await stagePassphraseChange(keyFolder(home), file, before, after.passphrase);
      if (!files.includes(file))
        throw unavailable('KEY-FILE', 'the key file is gone', {
          where: file,
          hint: 'bring it back from a backup of the home',
        });
      home.ledger.append([{ event: 'passphrase', data: { batch, files: files.length, key: key.id } }]);
      await finishKeyFiles(home);
      return { id: key.id, files: files.length };
    } finally {
      after.passphrase.fill(0);
    }
  } finally {
    before.passphrase.fill(0);
  }
}

/** Finishes, or drops, what a killed change of the passphrase left; before any key file is opened or made. */
export async function finishKeyFiles(home: Home): Promise<void> {
  await finishPassphraseChange(keyFolder(home), (batch) => {
    for (const { event, data } of home.ledger.lines())
      if (event === 'passphrase' && textOf(data, 'batch') === batch) return true;
    return false;
  });
}
