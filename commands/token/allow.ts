import { allowModule } from '../../src/station/keys/modules.ts';
import { openHome } from '../../src/station/home/home.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { showPath } from '../../src/terminal/escape.ts';

export default class TokenAllow extends BaseCommand {
  static override summary = 'let this station load a PKCS#11 module';
  static override description =
    'The module will see the PIN: allow only what came with the token. Recorded in the ledger.';
  static override examples = [
    '<%= config.bin %> token allow /usr/lib/softhsm/libsofthsm2.so',
    `<%= config.bin %> token allow /usr/lib/x86_64-linux-gnu/libsoftokn3.so --parameters "configdir='sql:/srv/nss'"`,
  ];
  static override args = {
    module: Args.string({ required: true, description: 'absolute path of the module' }),
  };
  static override flags = {
    parameters: Flags.string({
      description: 'initialisation string, for modules like that of NSS',
      helpValue: 'TEXT',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TokenAllow);
    const home = await openHome(flags.home, { write: true });
    try {
      const module = allowModule(home, args.module, flags.parameters ?? null);
      this.show(module, () => `this station may load ${showPath(args.module)}`);
    } finally {
      home.close();
    }
  }
}
