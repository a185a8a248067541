import { delegationList } from '../../src/online/reading/delegation-list.ts';
import { withOnlineStation } from '../../src/online/session.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { delegationTable } from '../../src/terminal/views/delegation-view.ts';
import { warnOfUnreadRoles } from '../../src/terminal/views/unread-roles.ts';

export default class DelegationList extends BaseCommand {
  static override summary = 'list the delegations of a repository, verified as a client does';
  static override description =
    'Key IDs are canonical ones, as notary delegation list shows them; --json has those of the metadata too.';
  static override examples = ['<%= config.bin %> delegation list registry.example.com/team/app'];
  static override args = { gun: Args.string({ required: true, description: 'repository (GUN)' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DelegationList);
    await withOnlineStation(flags.home, 'delegation list', 'read', async ({ station, stores }) => {
      const list = await delegationList(station, stores, args.gun);
      warnOfUnreadRoles(args.gun, list.broken);
      this.show(list, () => delegationTable(list).join('\n'));
    });
  }
}
