import { openHome } from '../../src/station/home/home.ts';
import { removeKey } from '../../src/station/keys/remove-key.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { compareWords } from '../../src/terminal/prompts/compare-words.ts';
import { removalLines } from '../../src/terminal/views/removal-view.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../../src/terminal/flags/signing-flags.ts';

export default class KeyRemove extends BaseCommand {
  static override summary = 'destroy a signing key, for good';
  static override description =
    'Its object in the token is destroyed after a login; a key file is overwritten and removed. Shows which repositories the key serves and asks for two words of its ID; a script gives the whole ID with --approve. Signatures that the key made stay valid until the key is rotated away.';
  static override examples = [
    '<%= config.bin %> key remove 10df7c79',
    '<%= config.bin %> key remove 10df7c79 --forget',
  ];
  static override args = { id: Args.string({ required: true, description: 'key ID, or its beginning' }) };
  static override flags = {
    approve: Flags.string({ description: 'ID of the key, 64 hex digits', helpValue: 'KEYID' }),
    forget: Flags.boolean({
      description: 'only strike it from the list: the token or the file is lost',
    }),
    'pin-file': secretFlags['pin-file'],
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyRemove);
    const home = await openHome(flags.home, { write: true });
    try {
      const secrets = { pinFiles: flags['pin-file'] ?? [], passphraseFiles: [] };
      const result = await removeKey(home, args.id, flags.forget, {
        openSigner: signerOpener(home, secrets),
        confirm: (plan) =>
          compareWords('key', plan.key.id, flags.approve, removalLines(plan), 'of the key ID'),
      });
      const { key, repositories, destroyed } = result;
      this.show({ removed: key.id, role: key.role, repositories, destroyed }, () =>
        destroyed ? `destroyed ${key.role} key ${key.id}` : `forgot ${key.role} key ${key.id}`,
      );
    } finally {
      home.close();
    }
  }
}
