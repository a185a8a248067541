import { withOnlineStation } from '../../src/online/session.ts';
import { stageBins } from '../../src/online/staging/stage-bins.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class DelegationBins extends BaseCommand {
  static override summary = 'stage hash bins, between which all targets of a large repository are shared out';
  static override description =
    'Each bin is a delegated role that holds the names whose SHA-256 begins with its prefixes (TUF, PEP 458). All have the same keys: of this station, where publish is to sign the bins without an offline one. Targets that are added without --role go to the bin of their name from then on, and a change of a target changes one small file.';
  static override examples = [
    '<%= config.bin %> delegation bins firmware build --count 256',
    '<%= config.bin %> delegation bins firmware bins.pem --count 4096 --prefix archive- --parent archive',
  ];
  static override strict = false;
  static override args = {
    name: Args.string({ required: true, description: 'repository' }),
    key: Args.string({ required: true, description: 'keys: names of stations, or PEM files' }),
  };
  static override flags = {
    count: Flags.string({ required: true, description: 'number of bins, a power of two', helpValue: 'N' }),
    parent: Flags.string({ description: 'role that delegates (default: targets)', helpValue: 'ROLE' }),
    prefix: Flags.string({
      description: 'what the names of the bins begin with',
      default: 'bin-',
      helpValue: 'TEXT',
    }),
    threshold: Flags.string({ description: 'signatures that each bin needs', helpValue: 'N' }),
    terminating: Flags.boolean({ description: 'the search for a name ends with its bin' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(DelegationBins);
    await withOnlineStation(flags.home, 'delegation bins', 'write', async ({ station, stores }) => {
      const staged = await stageBins(station, stores, args.name, {
        keys: (argv as string[]).slice(1),
        count: flags.count,
        parent: flags.parent,
        prefix: flags.prefix,
        threshold: flags.threshold,
        terminating: flags.terminating,
      });
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
