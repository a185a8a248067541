import type { DialectName } from '../../src/metadata/dialect.ts';
import { DIALECT_NAMES } from '../../src/metadata/dialects.ts';
import { ALGORITHMS, type Algorithm } from '../../src/metadata/key.ts';
import { usage } from '../../src/errors.ts';
import { generateKey } from '../../src/station/keys/generate-key.ts';
import { openHome } from '../../src/station/home/home.ts';
import { boundTo } from '../../src/station/keys/key-roles.ts';
import type { SignerPlace } from '../../src/station/keys/signers.ts';
import { tokenPlace } from '../../src/station/keys/token-place.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { keyDocument, keyLines } from '../../src/terminal/views/key-view.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../../src/terminal/flags/signing-flags.ts';

export default class KeyGenerate extends BaseCommand {
  static override summary = 'generate a signing key in a token or an encrypted key file';
  static override description =
    'An offline station holds root and targets keys, an online one snapshot and timestamp keys for folder repositories; both may hold keys of delegations (targets/NAME). A targets key serves one repository; without --repository it is bound at its first signature.';
  static override examples = [
    '<%= config.bin %> key generate root --token "pkcs11:token=ceremony;object=root-2026"',
    '<%= config.bin %> key generate targets --keyfile --repository registry.example.com/team/app',
    '<%= config.bin %> key generate root --dialect tuf --algorithm ed25519 --token "pkcs11:token=ceremony;object=tuf-root"',
  ];
  static override args = {
    role: Args.string({
      required: true,
      description: 'root, targets, snapshot, timestamp or a delegated role',
    }),
  };
  static override flags = {
    token: Flags.string({
      description: 'PKCS#11 URI of the token; object= gives the label',
      helpValue: 'URI',
      exclusive: ['keyfile'],
    }),
    keyfile: Flags.boolean({ description: 'an encrypted key file in the home' }),
    algorithm: Flags.string({
      description: 'algorithm of the key',
      options: [...ALGORITHMS],
      default: 'ecdsa-p256',
    }),
    repository: Flags.string({ description: 'repository that the key is for', helpValue: 'NAME' }),
    dialect: Flags.string({
      description: 'dialect of the repositories that it is for',
      options: [...DIALECT_NAMES],
      default: 'notary',
    }),
    label: Flags.string({ description: 'label of the key', helpValue: 'TEXT' }),
    ...secretFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyGenerate);
    const home = await openHome(flags.home, { write: true });
    try {
      if (flags.token === undefined && !flags.keyfile)
        throw usage('USAGE-PLACE', 'say where the key is to live', { hint: 'give --token URI or --keyfile' });
      const named = flags.token === undefined ? null : await tokenPlace(home, flags.token);
      const place: SignerPlace = named?.place ?? { kind: 'keyfile', key: { id: null, role: args.role } };
      const label = flags.label ?? named?.label ?? [args.role, flags.repository].filter(Boolean).join(' ');
      const pinFiles = [...(flags['pin-file'] ?? []), ...(named?.pinSource ? [named.pinSource] : [])];
      const secrets = { pinFiles, passphraseFiles: flags['passphrase-file'] ?? [] };
      const dialect = flags.dialect as DialectName;
      const repository = boundTo(dialect, flags.repository);
      const algorithm = flags.algorithm as Algorithm;
      const key = await generateKey(
        home,
        { role: args.role, algorithm, dialect, repository, label, place },
        signerOpener(home, secrets, true),
      );
      this.show(keyDocument(key), () => keyLines([key]).join('\n'));
    } finally {
      home.close();
    }
  }
}
