import { openHome } from '../../src/station/home/home.ts';
import { unknownOutcomes } from '../../src/station/ledger/log.ts';
import { BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { logLines } from '../../src/terminal/views/log-view.ts';

export default class LogShow extends BaseCommand {
  static override summary = 'show the ledger';
  static override examples = ['<%= config.bin %> log show', '<%= config.bin %> log show --from 120'];
  static override flags = {
    from: Flags.integer({ description: 'first line to show', helpValue: 'LINE', default: 1, min: 1 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LogShow);
    const home = await openHome(flags.home, { write: false });
    try {
      const all = home.ledger.lines();
      const lines = all.slice(flags.from - 1);
      const unknown = unknownOutcomes(all);
      this.show({ lines, unknownOutcomes: [...unknown] }, () => logLines(lines, unknown).join('\n'));
    } finally {
      home.close();
    }
  }
}
