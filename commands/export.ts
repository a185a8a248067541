import { exportRequest } from '../src/online/exporting/export.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { exportFlags } from '../src/terminal/flags/export-flags.ts';
import { exportedLines } from '../src/terminal/views/export-view.ts';
import { startProgress } from '../src/terminal/progress.ts';

export default class Export extends BaseCommand {
  static override summary = 'write a sealed request bundle for staged changes';
  static override description =
    'Fetches and verifies what is published now, computes the unsigned metadata, and writes one bundle for all repositories with staged changes, or those named. Read the digest to the officer by another way than the stick.';
  static override examples = [
    '<%= config.bin %> export -o /media/stick/app.request.tar',
    '<%= config.bin %> export registry.example.com/team/app -o /media/stick/app.request.tar',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ description: 'repositories (GUNs); all with staged changes if left out' }),
  };
  static override flags = {
    ...exportFlags,
    fill: Flags.string({
      description: 'station that signs first and fills in new keys and certificates',
      helpValue: 'NAME',
    }),
    supersede: Flags.string({
      description: 'outstanding request that this one replaces',
      helpValue: 'DIGEST',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Export);
    await withOnlineStation(flags.home, 'export', 'write', async ({ station, stores }) => {
      const progress = startProgress('reading repositories');
      try {
        const result = await exportRequest(station, stores, {
          names: argv as string[],
          out: flags.output,
          to: flags.to ?? [],
          supersede: flags.supersede ?? null,
          adopt: false,
          filler: flags.fill ?? null,
          progress: (done, total) => {
            progress.update(done, total);
          },
        });
        progress.end();
        this.show(result, () => exportedLines(result).join('\n'));
      } finally {
        progress.end();
      }
    });
  }
}
