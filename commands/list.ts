import { listTargets, readPublished, roleVersions } from '../src/online/read.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { targetLines } from '../src/terminal/target-view.ts';

export default class List extends BaseCommand {
  static override summary = 'list what is published, verified as a client does';
  static override examples = ['<%= config.bin %> list registry.example.com/team/app'];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(List);
    await withOnlineStation(flags.home, 'list', 'read', async ({ station, stores }) => {
      const repository = await readPublished(station, stores, args.gun);
      const targets = listTargets(repository);
      const listed = targets.map(({ name, role, entry }) => ({ name, role, ...entry }));
      this.show({ repository: args.gun, roles: roleVersions(repository), targets: listed }, () =>
        targetLines(targets).join('\n'),
      );
    });
  }
}
