import { lookupTarget, readPublished } from '../src/online/read.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { targetLines } from '../src/terminal/target-view.ts';

export default class Lookup extends BaseCommand {
  static override summary = 'look one target up, verified as a client does';
  static override examples = ['<%= config.bin %> lookup registry.example.com/team/app 1.4.2'];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    name: Args.string({ required: true, description: 'target name' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Lookup);
    await withOnlineStation(flags.home, 'lookup', 'read', async ({ station, stores }) => {
      const found = lookupTarget(await readPublished(station, stores, args.gun), args.name);
      const { name, role, entry } = found;
      this.show({ repository: args.gun, name, role, ...entry }, () => targetLines([found]).join('\n'));
    });
  }
}
