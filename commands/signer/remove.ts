import { withOnlineStation } from '../../src/online/session.ts';
import { stageSignerRemoval } from '../../src/online/staging/stage-signers.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class SignerRemove extends BaseCommand {
  static override summary = 'stage that a signer goes, as docker trust signer remove means it';
  static override description =
    'targets/NAME goes, and with it its keys in targets/releases that no other signer has. Where they alone signed that role it must be signed anew; the output says by whom.';
  static override examples = ['<%= config.bin %> signer remove alice registry.example.com/team/app'];
  static override strict = false;
  static override args = {
    name: Args.string({ required: true, description: 'name of the signer' }),
    gun: Args.string({ required: true, description: 'repositories (GUNs)' }),
  };
  static override flags = {
    last: Flags.boolean({ description: 'also where it is the last signer: then targets/releases goes too' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(SignerRemove);
    await withOnlineStation(flags.home, 'signer remove', 'write', async ({ station, stores }) => {
      const guns = (argv as string[]).slice(1);
      const repositories = await stageSignerRemoval(station, stores, args.name, guns, flags.last);
      this.show({ repositories }, () => stagedLines(repositories).join('\n'));
    });
  }
}
