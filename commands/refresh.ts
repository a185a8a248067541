import { withOnlineStation } from '../src/online/session.ts';
import { stageRefresh } from '../src/online/stage-refresh.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/staged-view.ts';

export default class Refresh extends BaseCommand {
  static override summary = 'stage a new expiry for roles, and nothing else';
  static override description =
    'Without a role: root and targets. Snapshot and timestamp are signed anew with every publication.';
  static override examples = [
    '<%= config.bin %> refresh registry.example.com/team/app',
    '<%= config.bin %> refresh registry.example.com/team/app targets --expires 365d',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ description: 'roles' }),
  };
  static override flags = {
    expires: Flags.string({ description: 'validity from the export on, in days', helpValue: 'DAYSd' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Refresh);
    await withOnlineStation(flags.home, 'refresh', 'write', async ({ station, stores }) => {
      const roles = (argv as string[]).slice(1);
      const staged = await stageRefresh(station, stores, args.gun, roles, flags.expires);
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
