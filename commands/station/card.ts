import { writeCard } from '../../src/station/card.ts';
import { openHome } from '../../src/station/home.ts';
import { writeOut } from '../../src/station/outgoing.ts';
import { BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { digestLines } from '../../src/terminal/digest-block.ts';
import { showPath } from '../../src/terminal/escape.ts';
import { readBackLine } from '../../src/terminal/written-file.ts';

export default class StationCard extends BaseCommand {
  static override summary = 'write the card of this station, to be carried to another';
  static override description =
    'Read the words of its digest to whoever pairs it, by another way than the stick.';
  static override examples = ['<%= config.bin %> station card -o /media/stick/vault-a.card'];
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(StationCard);
    const home = await openHome(flags.home, { write: false });
    try {
      const { file, digest } = writeCard(home);
      const { readBack } = writeOut(flags.output, [file], file.length);
      this.show({ out: flags.output, digest, readBack }, () =>
        [
          `wrote ${showPath(flags.output)}`,
          ...readBackLine(readBack, flags.output),
          '',
          ...digestLines('card', digest),
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
