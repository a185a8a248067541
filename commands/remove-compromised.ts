import { withOnlineStation } from '../src/online/session.ts';
import { stageCompromised } from '../src/online/staging/stage-keys.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class RemoveCompromised extends BaseCommand {
  static override summary = 'stage the removal of keys without asking them to sign';
  static override description =
    'The other keys must be enough for what the role needs now. A role whose last keys are lost cannot be saved like that.';
  static override examples = [
    '<%= config.bin %> remove-compromised registry.example.com/team/app root 10df7c79',
    '<%= config.bin %> remove-compromised registry.example.com/team/app targets 28959f2b --threshold 1',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'root, targets or a delegated role' }),
    keyid: Args.string({ required: true, description: 'IDs of keys, or their beginnings' }),
  };
  static override flags = {
    threshold: Flags.string({ description: 'signatures that the role is to need then', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(RemoveCompromised);
    await withOnlineStation(flags.home, 'remove-compromised', 'write', async ({ station, stores }) => {
      const staged = await stageCompromised(station, stores, args.gun, {
        role: args.role,
        keys: (argv as string[]).slice(2),
        threshold: flags.threshold,
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
