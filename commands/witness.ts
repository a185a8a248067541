import { withOnlineStation } from '../src/online/session.ts';
import { stageWitness } from '../src/online/staging/stage-refresh.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class Witness extends BaseCommand {
  static override summary = 'stage that targets roles are signed anew';
  static override description =
    'Also a role whose keys changed, and whose file clients pass over since: then each of its targets is staged and shown as a new one.';
  static override examples = ['<%= config.bin %> witness registry.example.com/team/app targets/releases'];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'targets, or delegated roles' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Witness);
    await withOnlineStation(flags.home, 'witness', 'write', async ({ station, stores }) => {
      const staged = await stageWitness(station, stores, args.gun, (argv as string[]).slice(1));
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
