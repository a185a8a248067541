import { SOURCE_HELP } from '../src/online/staging/key-source.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { stageThreshold } from '../src/online/staging/stage-keys.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class Threshold extends BaseCommand {
  static override summary = 'stage how many signatures a role needs, and which keys may give them';
  static override examples = [
    '<%= config.bin %> threshold registry.example.com/team/app root 2 --add vault-b --add vault-c',
    '<%= config.bin %> threshold registry.example.com/team/app targets/releases 2 --add bob.pem',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'root, targets or a delegated role' }),
    threshold: Args.string({ required: true, description: 'number of signatures' }),
  };
  static override flags = {
    add: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: `key that joins: ${SOURCE_HELP}`,
      helpValue: 'SOURCE',
    }),
    remove: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'key that leaves, and is not asked to sign; its ID, or the beginning of it',
      helpValue: 'KEYID',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Threshold);
    await withOnlineStation(flags.home, 'threshold', 'write', async ({ station, stores }) => {
      const staged = await stageThreshold(station, stores, args.gun, {
        role: args.role,
        threshold: args.threshold,
        add: flags.add ?? [],
        remove: flags.remove ?? [],
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
