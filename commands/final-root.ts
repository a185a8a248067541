import { stageFinalRoot } from '../src/online/convert/final-root.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class FinalRoot extends BaseCommand {
  static override summary = 'stage the last root and targets of a repository, valid as long as policy allows';
  static override description =
    'For a repository that nobody will sign again, as one that was converted. Review says that it is the last, and the officer types it. Snapshot and timestamp go on as before: where a server signs them, it must go on running.';
  static override examples = [
    '<%= config.bin %> final-root registry.example.com/team/app',
    '<%= config.bin %> final-root registry.example.com/team/app --expires 730d',
  ];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };
  static override flags = {
    expires: Flags.string({
      description: 'validity of both from the export on, in days',
      helpValue: 'DAYSd',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FinalRoot);
    await withOnlineStation(flags.home, 'final-root', 'write', async ({ station, stores }) => {
      const staged = await stageFinalRoot(station, stores, args.gun, flags.expires);
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
