import { lookupTarget } from '../src/online/found-targets.ts';
import { readPublished } from '../src/online/read.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { rolesFlag } from '../src/terminal/reading-flags.ts';
import { targetLines } from '../src/terminal/target-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/unread-roles.ts';

export default class Lookup extends BaseCommand {
  static override summary = 'look one target up, verified as a client does';
  static override description =
    'Roles are asked in the order that list shows them by; those that may not hold the name are not asked.';
  static override examples = [
    '<%= config.bin %> lookup registry.example.com/team/app 1.4.2',
    '<%= config.bin %> lookup registry.example.com/team/app 1.4.2 -r targets/releases',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    name: Args.string({ required: true, description: 'target name' }),
  };
  static override flags = { role: rolesFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Lookup);
    await withOnlineStation(flags.home, 'lookup', 'read', async ({ station, stores }) => {
      const repository = await readPublished(station, stores, args.gun);
      const { broken } = repository;
      warnOfUnreadRoles(args.gun, broken);
      const found = lookupTarget(repository, args.name, flags.role);
      const { name, role, entry } = found;
      this.show({ repository: args.gun, name, role, ...entry, broken }, () =>
        targetLines([found]).join('\n'),
      );
    });
  }
}
