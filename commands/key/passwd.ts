import { changePassphrase } from '../../src/station/keys/change-passphrase.ts';
import { openHome } from '../../src/station/home/home.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { passphrasesOf } from '../../src/terminal/prompts/passphrases.ts';
import { secretFlags } from '../../src/terminal/flags/signing-flags.ts';

export default class KeyPasswd extends BaseCommand {
  static override summary = 'change the passphrase of a key file, and of all that have the same';
  static override description =
    'Every key file of this station that the old passphrase opens gets the new one, so that what one passphrase opened, one passphrase opens again. All of them or none, also after a kill. The PIN of a token is changed with the tools of the token.';
  static override examples = [
    '<%= config.bin %> key passwd 10df7c79',
    '<%= config.bin %> key passwd 10df7c79 --passphrase-file old --new-passphrase-file new',
  ];
  static override args = { id: Args.string({ required: true, description: 'key ID, or its beginning' }) };
  static override flags = {
    'passphrase-file': secretFlags['passphrase-file'],
    'new-passphrase-file': Flags.string({ description: 'file with the new passphrase', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyPasswd);
    const home = await openHome(flags.home, { write: true });
    const file = flags['new-passphrase-file'];
    const old = passphrasesOf(flags['passphrase-file'] ?? [], process.env, () => ({
      text: 'passphrase of the key files:',
      twice: false,
    }));
    // The variables hold the passphrase that is in use, never a new one.
    const fresh = passphrasesOf(file === undefined ? [] : [file], {}, () => ({
      text: 'new passphrase of the key files:',
      twice: true,
    }));
    try {
      const result = await changePassphrase(home, args.id, old, fresh);
      const count = result.files === 1 ? '1 key file' : `${String(result.files)} key files`;
      this.show(result, () => `changed the passphrase of ${count}`);
    } finally {
      old.wipe();
      fresh.wipe();
      home.close();
    }
  }
}
