import { rolesOf } from '../src/online/staging/add.ts';
import { repositoryNamed } from '../src/online/repositories/repositories.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { removeChanges, stageChanges } from '../src/online/staging/stage.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedTargetLine } from '../src/terminal/views/change-view.ts';

export default class Remove extends BaseCommand {
  static override summary = 'stage the removal of a target';
  static override examples = ['<%= config.bin %> remove registry.example.com/team/app 1.4.1'];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    name: Args.string({ required: true, description: 'target name' }),
  };
  static override flags = {
    role: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'role to remove it from (default: the hash bin of the name where there are bins, else targets)',
      helpValue: 'ROLE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Remove);
    await withOnlineStation(flags.home, 'remove', 'write', async ({ station, stores }) => {
      const entry = repositoryNamed(station.home, args.gun);
      const roles = flags.role ?? [];
      const roleOf = await rolesOf(station, stores, entry, roles);
      const changes = removeChanges(entry, args.name, roles, roleOf);
      const staged = stageChanges(station, args.gun, changes);
      const line = stagedTargetLine(
        'remove',
        args.name,
        changes.map(({ role }) => role),
      );
      this.show(
        { repository: args.gun, changes, staged },
        () => `${line} (${String(staged)} staged changes)`,
      );
    });
  }
}
