import { openHome } from '../../src/station/home/home.ts';
import { unpair } from '../../src/station/cards/pairing.ts';
import { usage } from '../../src/errors.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { show } from '../../src/terminal/escape.ts';
import { askTyped } from '../../src/terminal/prompts/prompt.ts';

export default class StationUnpair extends BaseCommand {
  static override summary = 'forget a partner: nothing that it sealed is accepted any more';
  static override examples = [
    '<%= config.bin %> station unpair build',
    '<%= config.bin %> station unpair build --approve build',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the partner' }) };
  static override flags = {
    approve: Flags.string({ description: 'the same name, instead of typing it', helpValue: 'NAME' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StationUnpair);
    const home = await openHome(flags.home, { write: true });
    try {
      if (flags.approve === undefined)
        await askTyped({
          lines: [`forget ${show(args.name)}: its outstanding bundles die with it`],
          expected: args.name,
          question: 'type its name:',
        });
      else if (flags.approve !== args.name)
        throw usage('USAGE-APPROVE', "the approved name is not the partner's");
      unpair(home, args.name);
      this.show({ unpaired: args.name }, () => `forgot ${show(args.name)}`);
    } finally {
      home.close();
    }
  }
}
