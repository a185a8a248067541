import { withOnlineStation } from '../../src/online/session.ts';
import { stageDelegationRemoval } from '../../src/online/staging/stage-delegations.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class DelegationRemove extends BaseCommand {
  static override summary = 'stage that a delegation loses keys or names, or goes';
  static override description =
    'With neither keys nor paths nor hash prefixes the role goes. What clients will no longer see is said here and shown before it is signed.';
  static override examples = [
    '<%= config.bin %> delegation remove registry.example.com/team/app targets/qa',
    '<%= config.bin %> delegation remove registry.example.com/team/app targets/releases 729c7094',
    '<%= config.bin %> delegation remove firmware lower --hash-prefix 0,1',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'delegated role, as targets/NAME' }),
    keyid: Args.string({ description: 'IDs of keys, or their beginnings' }),
  };
  static override flags = {
    paths: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'paths that the role loses; several with commas',
      helpValue: 'PATH',
    }),
    'all-paths': Flags.boolean({ description: 'the role loses all its paths and hash prefixes' }),
    'hash-prefix': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'hash prefix that the role loses (TUF); several with commas',
      helpValue: 'HEX',
    }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(DelegationRemove);
    await withOnlineStation(flags.home, 'delegation remove', 'write', async ({ station, stores }) => {
      const staged = await stageDelegationRemoval(station, stores, args.gun, {
        role: args.role,
        keys: (argv as string[]).slice(2),
        paths: flags.paths ?? [],
        allPaths: flags['all-paths'],
        hashPrefixes: flags['hash-prefix'] ?? [],
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
