import { writeCard } from '../../src/station/cards/card.ts';
import { openHome } from '../../src/station/home/home.ts';
import { requireFree, writeOut } from '../../src/station/files/outgoing.ts';
import { keysForCard, writeProvenCard } from '../../src/station/cards/prove-keys.ts';
import { BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { cardKeyLines } from '../../src/terminal/views/card-key-view.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';
import { showPath } from '../../src/terminal/escape.ts';
import { signerOpener } from '../../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../../src/terminal/flags/signing-flags.ts';
import { readBackLine } from '../../src/terminal/written-file.ts';

export default class StationCard extends BaseCommand {
  static override summary = 'write the card of this station, to be carried to another';
  static override description =
    'The card carries the public part of the transport key, and of every signing key that is held here, each with a signature that proves it: a station that holds such keys asks for its PINs and its passphrase. Read the words of its digest to whoever pairs it, by another way than the stick.';
  static override examples = [
    '<%= config.bin %> station card -o /media/stick/vault-a.card',
    '<%= config.bin %> station card -o vault-a.card --pin-file pin',
    '<%= config.bin %> station card -o build.card --without-keys',
  ];
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
    'without-keys': Flags.boolean({
      description: 'list no signing keys: enough to exchange bundles',
      exclusive: ['key'],
    }),
    key: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'list this signing key alone',
      helpValue: 'ID',
    }),
    ...secretFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(StationCard);
    const home = await openHome(flags.home, { write: !flags['without-keys'] });
    try {
      const keys = flags['without-keys'] ? [] : keysForCard(home, flags.key ?? []);
      const secrets = { pinFiles: flags['pin-file'] ?? [], passphraseFiles: flags['passphrase-file'] ?? [] };
      if (keys.length > 0) requireFree(flags.output);
      const { file, digest } =
        keys.length === 0 ? writeCard(home) : await writeProvenCard(home, keys, signerOpener(home, secrets));
      const { readBack } = writeOut(flags.output, [file], file.length);
      const listed = keys.map(({ id, role, public: { algorithm } }) => ({ algorithm, keyid: id, role }));
      this.show({ out: flags.output, digest, keys: listed, readBack }, () =>
        [
          `wrote ${showPath(flags.output)}`,
          ...readBackLine(readBack, flags.output),
          ...cardKeyLines(listed),
          '',
          ...digestLines('card', digest),
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
