import { initHome, openHome, type Side } from '../../src/station/home/home.ts';
import { BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stationDocument, stationLines } from '../../src/terminal/views/station-view.ts';

export default class StationInit extends BaseCommand {
  static override summary = 'make a station: a home with a transport key and a ledger';
  static override description =
    'What it is made as, online or offline, production or rehearsal, it stays for good.';
  static override examples = [
    '<%= config.bin %> station init --side online --name build',
    '<%= config.bin %> station init --side offline --name vault-a --home /srv/countersign',
  ];
  static override flags = {
    side: Flags.string({ required: true, options: ['online', 'offline'], description: 'which half this is' }),
    name: Flags.string({
      required: true,
      description: 'name of the station: a-z, 0-9 and -',
      helpValue: 'NAME',
    }),
    environment: Flags.string({
      options: ['production', 'rehearsal'],
      default: 'production',
      description: 'stations of different environments never pair',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(StationInit);
    const environment = flags.environment === 'rehearsal' ? 'rehearsal' : 'production';
    await initHome(flags.home, { name: flags.name, side: flags.side as Side, environment });
    const home = await openHome(flags.home, { write: false });
    try {
      this.show(stationDocument(home), () =>
        [
          ...stationLines(home),
          '',
          'next: countersign station card -o CARD, and carry it to the other half',
        ].join('\n'),
      );
    } finally {
      home.close();
    }
  }
}
