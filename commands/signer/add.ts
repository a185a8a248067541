import { usage } from '../../src/errors.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { stageSigner } from '../../src/online/staging/stage-signers.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class SignerAdd extends BaseCommand {
  static override summary = 'stage a signer, as docker trust signer add does';
  static override description =
    'targets/NAME and targets/releases get the key, for every tag. The order of docker trust works too: signer add --key CERT NAME GUN.';
  static override examples = [
    '<%= config.bin %> signer add alice alice.pub registry.example.com/team/app',
    '<%= config.bin %> signer add --key alice.pub alice registry.example.com/team/app',
  ];
  static override usage = 'signer add NAME CERT GUN...';
  static override strict = false;
  static override args = {
    name: Args.string({ required: true, description: 'name of the signer' }),
    cert: Args.string({ required: true, description: 'certificate or public key (PEM file)' }),
    gun: Args.string({ description: 'repositories (GUNs)' }),
  };
  static override flags = {
    key: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'certificate or public key, several if need be, instead of CERT',
      helpValue: 'CERT',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(SignerAdd);
    const [name = '', ...rest] = argv as string[];
    const keys = flags.key ?? rest.slice(0, 1);
    const guns = flags.key ? rest : rest.slice(1);
    if (guns.length === 0)
      throw usage('USAGE-ARGUMENTS', 'no repository is named', { hint: 'signer add NAME CERT GUN...' });
    await withOnlineStation(flags.home, 'signer add', 'write', async ({ station, stores }) => {
      const repositories = await stageSigner(station, stores, name, keys, guns);
      this.show({ repositories }, () => stagedLines(repositories).join('\n'));
    });
  }
}
