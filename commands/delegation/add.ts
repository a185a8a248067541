import { withOnlineStation } from '../../src/online/session.ts';
import { stageDelegation } from '../../src/online/stage-delegations.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/staged-view.ts';

export default class DelegationAdd extends BaseCommand {
  static override summary = 'stage a delegation, or more keys and paths for one';
  static override description =
    'A key is a PEM file with a certificate or a public key, or a paired station whose card carries a key for the role. targets/a/b is delegated by targets/a, and signed into its file.';
  static override examples = [
    '<%= config.bin %> delegation add registry.example.com/team/app targets/releases alice.pem --all-paths',
    '<%= config.bin %> delegation add registry.example.com/team/app targets/qa qa.pem --paths 1.,2.',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    role: Args.string({ required: true, description: 'delegated role, as targets/NAME' }),
    cert: Args.string({ description: 'certificates or public keys (PEM files)' }),
  };
  static override flags = {
    paths: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'beginnings of target names that the role may hold; several with commas',
      helpValue: 'BEGINNING',
    }),
    'all-paths': Flags.boolean({ description: 'the role may hold every target name' }),
    threshold: Flags.string({ description: 'signatures that the role needs', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(DelegationAdd);
    await withOnlineStation(flags.home, 'delegation add', 'write', async ({ station, stores }) => {
      const staged = await stageDelegation(station, stores, args.gun, {
        role: args.role,
        keys: (argv as string[]).slice(2),
        paths: flags.paths ?? [],
        allPaths: flags['all-paths'],
        threshold: flags.threshold,
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
