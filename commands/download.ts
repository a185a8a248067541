import { downloadTarget } from '../src/online/reading/download.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { rolesFlag } from '../src/terminal/flags/reading-flags.ts';
import { targetLines } from '../src/terminal/views/target-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/views/unread-roles.ts';
import { showPath } from '../src/terminal/escape.ts';

export default class Download extends BaseCommand {
  static override summary = 'fetch the file of a target, verified before it has its name';
  static override description =
    'The target is looked up as a client does; length and every signed hash of the file must agree, or there is no file (exit 3). Without -o the file is called as the last part of the target name and replaces no other. A file that is there already and is the right one is not fetched again. Only repositories that keep target files beside their metadata (TUF) have anything to fetch.';
  static override examples = [
    '<%= config.bin %> download firmware router/2.1.bin',
    '<%= config.bin %> download firmware router/2.1.bin -o /srv/images/router.bin',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository' }),
    name: Args.string({ required: true, description: 'target name' }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'where the file goes', helpValue: 'FILE' }),
    role: rolesFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Download);
    const { output = null, role: roles = [] } = flags;
    await withOnlineStation(flags.home, 'download', 'read', async ({ station, stores }) => {
      const downloaded = await downloadTarget(station, stores, args.gun, args.name, output, roles);
      const { repository, target, file, fetched, broken } = downloaded;
      warnOfUnreadRoles(repository, broken);
      const { entry, ...found } = target;
      this.show({ repository, ...found, ...entry, file, fetched, broken }, () =>
        [
          `${fetched ? 'fetched' : 'there already'}, and what is signed: ${showPath(file, 400)}`,
          ...targetLines([target]),
        ].join('\n'),
      );
    });
  }
}
