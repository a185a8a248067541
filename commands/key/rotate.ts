import { SOURCE_HELP } from '../../src/online/staging/key-source.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { stageRotation } from '../../src/online/staging/stage-keys.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class KeyRotate extends BaseCommand {
  static override summary = 'stage other keys for a role of a repository';
  static override description =
    'The new keys take the place of all that there are. A root is signed by the old keys and the new ones. Keys of snapshot and timestamp come from the server; for a folder, the newest such key of this station.';
  static override examples = [
    '<%= config.bin %> key rotate registry.example.com/team/app targets',
    '<%= config.bin %> key rotate registry.example.com/team/app root --key vault-b',
    '<%= config.bin %> key rotate registry.example.com/team/app snapshot --server-managed',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'root, targets, snapshot or timestamp' }),
  };
  static override flags = {
    key: Flags.string({
      char: 'k',
      multiple: true,
      multipleNonGreedy: true,
      description: `new key: ${SOURCE_HELP} (default: one that is chosen or made at signing)`,
      helpValue: 'SOURCE',
    }),
    'server-managed': Flags.boolean({
      char: 'r',
      description: 'the server holds the key; so it is with snapshot and timestamp anyway',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyRotate);
    await withOnlineStation(flags.home, 'key rotate', 'write', async ({ station, stores }) => {
      const staged = await stageRotation(station, stores, args.gun, {
        role: args.role,
        keys: flags.key ?? [],
        serverManaged: flags['server-managed'],
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
