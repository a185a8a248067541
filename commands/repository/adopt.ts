import { exportRequest } from '../../src/online/exporting/export.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { exportFlags } from '../../src/terminal/flags/export-flags.ts';
import { exportedLines } from '../../src/terminal/views/export-view.ts';
import { startProgress } from '../../src/terminal/progress.ts';

export default class RepositoryAdopt extends BaseCommand {
  static override summary = 'show an existing repository to the offline half, which pins its root';
  static override description =
    'Writes a request that asks for no signature: every root, and what is published now, verified. The officer compares the words of the root file with what came by another way, signs the request, and from then on knows the repository. Add it before with repository add.';
  static override examples = [
    '<%= config.bin %> repository adopt registry.example.com/team/app -o /media/stick/adopt.request.tar',
  ];
  static override strict = false;
  static override args = { gun: Args.string({ required: true, description: 'repositories (GUNs)' }) };
  static override flags = exportFlags;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RepositoryAdopt);
    await withOnlineStation(flags.home, 'repository adopt', 'write', async ({ station, stores }) => {
      const progress = startProgress('reading repositories');
      try {
        const result = await exportRequest(station, stores, {
          names: argv as string[],
          out: flags.output,
          to: flags.to ?? [],
          supersede: null,
          adopt: true,
          filler: null,
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
