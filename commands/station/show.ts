import { openHome } from '../../src/station/home/home.ts';
import { BaseCommand } from '../../src/terminal/base-command.ts';
import { stationDocument, stationLines } from '../../src/terminal/views/station-view.ts';

export default class StationShow extends BaseCommand {
  static override summary = 'show this station, its partners and the head of its ledger';
  static override examples = ['<%= config.bin %> station show'];

  async run(): Promise<void> {
    const { flags } = await this.parse(StationShow);
    const home = await openHome(flags.home, { write: false });
    try {
      this.show(stationDocument(home), () => stationLines(home).join('\n'));
    } finally {
      home.close();
    }
  }
}
