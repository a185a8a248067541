import { exitOf, parseDuration, readExpiry } from '../src/online/reading/expiry.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { expiryDocument, expiryLines } from '../src/terminal/views/expiry-view.ts';
import { startProgress } from '../src/terminal/progress.ts';

export default class Expiry extends BaseCommand {
  static override summary = 'show when everything that is published ends, the soonest first';
  static override description =
    'Every role of every repository of this station, or of those named, and the certificates of the root keys. With --within, exits 4 if something ends within that time or is over; a timestamp that a server renews by itself does not count. A repository that cannot be reached is listed with its error, and the exit code is 6 if nothing else is wrong.';
  static override examples = [
    '<%= config.bin %> expiry',
    '<%= config.bin %> expiry --within 30d',
    '<%= config.bin %> expiry registry.example.com/team/app --within 8w --json',
  ];
  static override strict = false;
  static override args = { gun: Args.string({ description: 'repositories (GUNs); all if left out' }) };
  static override flags = {
    within: Flags.string({ description: 'exit 4 if something ends within this time', helpValue: '30d' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Expiry);
    const within = flags.within === undefined ? null : parseDuration(flags.within);
    await withOnlineStation(flags.home, 'expiry', 'read', async ({ station, stores }) => {
      const progress = startProgress('reading repositories');
      try {
        const report = await readExpiry(station, stores, argv as string[], within, (done, total) => {
          progress.update(done, total);
        });
        progress.end();
        this.show(expiryDocument(report), () => expiryLines(report).join('\n'));
        this.endWith(exitOf(report, within));
      } finally {
        progress.end();
      }
    });
  }
}
