import type { DialectName } from '../../src/metadata/dialect.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { enrolKey } from '../../src/station/keys/enrol-key.ts';
import { openHome } from '../../src/station/home/home.ts';
import { boundTo } from '../../src/station/keys/key-roles.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { compareWords } from '../../src/terminal/prompts/compare-words.ts';
import { keyDocument, keyLines } from '../../src/terminal/views/key-view.ts';
import { openTokenAt } from '../../src/terminal/prompts/secrets.ts';

export default class KeyEnrol extends BaseCommand {
  static override summary = 'register a key that is in a token already';
  static override description =
    'For a token that outlived its machine, or one that another program filled. The key is graded as a new one would be, makes one signature that is verified, and its ID is compared: two words of it are typed, as the ceremony paper reads. A script gives the whole ID with --approve.';
  static override examples = [
    '<%= config.bin %> key enrol "pkcs11:token=ceremony;object=root-2026"',
    '<%= config.bin %> key enrol "pkcs11:token=ceremony;id=%01%02" --role targets --repository registry.example.com/team/app --approve KEYID',
  ];
  static override args = {
    uri: Args.string({ required: true, description: 'PKCS#11 URI of the key, with object= or id=' }),
  };
  static override flags = {
    role: Flags.string({
      default: 'root',
      description: 'what it signs: root, targets or targets/NAME',
      helpValue: 'ROLE',
    }),
    repository: Flags.string({ description: 'repository that the key is for', helpValue: 'NAME' }),
    dialect: Flags.string({
      description: 'dialect of the repositories that it is for',
      options: [...DIALECT_NAMES],
      default: 'notary',
    }),
    label: Flags.string({ description: 'label of the key in this station', helpValue: 'TEXT' }),
    approve: Flags.string({ description: 'ID of the key, 64 hex digits', helpValue: 'KEYID' }),
    'pin-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'file with the PIN of a token',
      helpValue: '[TOKEN=]FILE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyEnrol);
    const dialect = flags.dialect as DialectName;
    const home = await openHome(flags.home, { write: true });
    try {
      const key = await enrolKey(
        home,
        {
          uri: args.uri,
          role: flags.role,
          dialect,
          repository: boundTo(dialect, flags.repository),
          label: flags.label ?? null,
        },
        {
          open: (place, pinSource) => {
            const pinFiles = [...(flags['pin-file'] ?? []), ...(pinSource === undefined ? [] : [pinSource])];
            return openTokenAt(home, place, { pinFiles, passphraseFiles: [] });
          },
          confirm: (found) =>
            compareWords('key', found.id, flags.approve, keyLines([found]), 'as the paper reads'),
        },
      );
      this.show(keyDocument(key), () => [...keyLines([key]), '', 'enrolled'].join('\n'));
    } finally {
      home.close();
    }
  }
}
