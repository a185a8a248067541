import { readTarget } from '../src/online/reading/read-target.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { rolesFlag } from '../src/terminal/flags/reading-flags.ts';
import { targetLines } from '../src/terminal/views/target-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/views/unread-roles.ts';

export default class Lookup extends BaseCommand {
  static override summary = 'look one target up, verified as a client does';
  static override description =
    'Roles are asked in the order that list shows them by; those that may not hold the name are not read, nor those that would be asked after it is found.';
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
      const { target, broken } = await readTarget(station, stores, args.gun, args.name, flags.role ?? []);
      warnOfUnreadRoles(args.gun, broken);
      const { name, role, entry } = target;
      this.show({ repository: args.gun, name, role, ...entry, broken }, () =>
        targetLines([target]).join('\n'),
      );
    });
  }
}
