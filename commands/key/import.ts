import type { DialectName } from '../../src/metadata/dialect.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { importKeys } from '../../src/station/keys/import-keys.ts';
import { openHome } from '../../src/station/home/home.ts';
import type { SignerPlace } from '../../src/station/keys/signers.ts';
import { tokenPlace } from '../../src/station/keys/token-place.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { importDocument, importLines } from '../../src/terminal/views/import-view.ts';
import { passphrasesOf } from '../../src/terminal/prompts/passphrases.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../../src/terminal/flags/signing-flags.ts';

export default class KeyImport extends BaseCommand {
  static override summary = 'take in private keys of Notary, Docker or OpenSSL';
  static override description =
    'Reads every form that the notary and docker clients ever wrote: encrypted or plain, with or without headers, and the folders of old versions. A folder stands for every key in it that this side holds. Keys are stored in encrypted key files, or with --token in an HSM, as grade B at best: copies may exist, so rotate to a key that was born in the HSM. The passphrase of the imported files comes from --import-passphrase-file, from the variables that docker and notary read (DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, NOTARY_ROOT_PASSPHRASE and so on), or is asked for.';
  static override examples = [
    '<%= config.bin %> key import ~/.docker/trust/private',
    '<%= config.bin %> key import 10df7c79.key --role root --token "pkcs11:token=ceremony"',
    '<%= config.bin %> key import alice.pem --role targets/alice',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ required: true, description: 'key files, or folders of them' }),
  };
  static override flags = {
    role: Flags.string({
      description: 'what the key is for, where the file does not say',
      helpValue: 'ROLE',
    }),
    dialect: Flags.string({
      description: 'dialect of the repositories that it is for',
      options: [...DIALECT_NAMES],
      default: 'notary',
    }),
    repository: Flags.string({ description: 'repository that the key is for', helpValue: 'NAME' }),
    token: Flags.string({
      description: 'PKCS#11 URI of the token; object= gives the label',
      helpValue: 'URI',
      exclusive: ['keyfile'],
    }),
    keyfile: Flags.boolean({ description: 'an encrypted key file in the home (default)' }),
    label: Flags.string({ description: 'label of the key, for one key', helpValue: 'TEXT' }),
    'import-passphrase-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'file with the passphrase that the imported files have now',
      helpValue: '[KEYID=]FILE',
    }),
    ...secretFlags,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(KeyImport);
    const home = await openHome(flags.home, { write: true });
    const passphrases = passphrasesOf(flags['import-passphrase-file'] ?? [], process.env, ({ role }) => ({
      text: `passphrase of the imported ${role} keys:`,
      twice: false,
    }));
    try {
      const named = flags.token === undefined ? null : await tokenPlace(home, flags.token);
      const place: SignerPlace = named?.place ?? { kind: 'keyfile' };
      const pinFiles = [...(flags['pin-file'] ?? []), ...(named?.pinSource ? [named.pinSource] : [])];
      const secrets = { pinFiles, passphraseFiles: flags['passphrase-file'] ?? [] };
      const result = await importKeys(
        home,
        {
          files: argv as string[],
          role: flags.role ?? null,
          repository: flags.repository ?? null,
          dialect: flags.dialect as DialectName,
          label: flags.label ?? named?.label ?? null,
          place,
          passphrases,
        },
        signerOpener(home, secrets, true),
      );
      this.show(importDocument(result), () => importLines(result).join('\n'));
    } finally {
      passphrases.wipe();
      home.close();
    }
  }
}
