import { withOnlineStation } from '../../src/online/session.ts';
import { stageDelegation } from '../../src/online/staging/stage-delegations.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class DelegationAdd extends BaseCommand {
  static override summary = 'stage a delegation, or more keys and paths for one';
  static override description =
    'A key is a PEM file with a certificate or a public key, or a paired station whose card carries a key for the role. In Notary targets/a/b is delegated by targets/a, and paths are beginnings of names. In TUF names of roles are free and --parent says who delegates; paths are patterns (* and ? do not match /), and a role may hold names by their hashes instead; its first file is signed in the same request.';
  static override examples = [
    '<%= config.bin %> delegation add registry.example.com/team/app targets/releases alice.pem --all-paths',
    '<%= config.bin %> delegation add registry.example.com/team/app targets/qa qa.pem --paths 1.,2.',
    '<%= config.bin %> delegation add firmware sensors vault --paths "sensors/*" --terminating',
    '<%= config.bin %> delegation add firmware lower build --parent sensors --hash-prefix 0 --hash-prefix 1',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ required: true, description: 'repository' }),
    role: Args.string({ required: true, description: 'delegated role (Notary: targets/NAME)' }),
    cert: Args.string({ description: 'certificates or public keys (PEM files)' }),
  };
  static override flags = {
    paths: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'beginnings (Notary) or patterns (TUF) of target names; several with commas',
      helpValue: 'PATH',
    }),
    'all-paths': Flags.boolean({ description: 'the role may hold every target name' }),
    'hash-prefix': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'beginning of the SHA-256 of target names that the role may hold (TUF)',
      helpValue: 'HEX',
    }),
    terminating: Flags.boolean({
      allowNo: true,
      description: 'the search for a name that the role may hold ends with it (TUF)',
    }),
    parent: Flags.string({ description: 'role that delegates (TUF; default: targets)', helpValue: 'ROLE' }),
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
        hashPrefixes: flags['hash-prefix'] ?? [],
        terminating: flags.terminating,
        parent: flags.parent,
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
