import { listTargets } from '../src/online/reading/found-targets.ts';
import { readPublished, roleVersions } from '../src/online/reading/read.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { rolesFlag } from '../src/terminal/flags/reading-flags.ts';
import { targetLines } from '../src/terminal/views/target-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/views/unread-roles.ts';

export default class List extends BaseCommand {
  static override summary = 'list what is published, verified as a client does';
  static override description =
    'Of several roles that name a target the first one counts: targets, then its delegations in their order, then theirs; or the roles given with -r, in that order, each with what is below it. A delegation that has expired or is not signed as it must be is passed over with a warning.';
  static override examples = [
    '<%= config.bin %> list registry.example.com/team/app',
    '<%= config.bin %> list registry.example.com/team/app -r targets/releases',
  ];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };
  static override flags = { role: rolesFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(List);
    await withOnlineStation(flags.home, 'list', 'read', async ({ station, stores }) => {
      const repository = await readPublished(station, stores, args.gun);
      const { broken } = repository;
      const targets = listTargets(repository, flags.role);
      const listed = targets.map(({ name, role, entry }) => ({ name, role, ...entry }));
      warnOfUnreadRoles(args.gun, broken);
      this.show({ repository: args.gun, roles: roleVersions(repository), targets: listed, broken }, () =>
        targetLines(targets).join('\n'),
      );
    });
  }
}
