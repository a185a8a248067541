import { openHome } from '../../src/station/home/home.ts';
import { exportLedger } from '../../src/station/ledger/log.ts';
import { writeOut } from '../../src/station/files/outgoing.ts';
import { BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';
import { showPath } from '../../src/terminal/escape.ts';

export default class LogExport extends BaseCommand {
  static override summary = 'write the ledger, sealed, for an auditor';
  static override examples = ['<%= config.bin %> log export -o /media/stick/vault-a.ledger'];
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LogExport);
    const home = await openHome(flags.home, { write: false });
    try {
      const file = exportLedger(home);
      const { readBack } = writeOut(flags.output, [file], file.length);
      const head = home.ledger.head();
      this.show({ out: flags.output, head, readBack }, () =>
        [
          `wrote ${showPath(flags.output)}: ${String(head.line)} lines`,
          '',
          ...digestLines('ledger head', head.hash),
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
