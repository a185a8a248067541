import { usage } from '../src/errors.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { verifyFile, verifyImage } from '../src/online/reading/verify.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { rolesFlag } from '../src/terminal/flags/reading-flags.ts';
import { targetLines } from '../src/terminal/views/target-view.ts';
import { warnOfUnreadRoles } from '../src/terminal/views/unread-roles.ts';

export default class Verify extends BaseCommand {
  static override summary = 'compare a file, or an image in a registry, with what is signed';
  static override description =
    'Length and every signed hash must agree; exits 3 if they do not. The file is read as a stream, - is standard input. An image is compared by the manifest that the registry serves for its tag; it must be signed in targets/releases or in targets, where Docker looks.';
  static override examples = [
    '<%= config.bin %> verify registry.example.com/team/app installer-1.4.2 build/installer.bin',
    '<%= config.bin %> verify registry.example.com/team/app installer-1.4.2 - < installer.bin',
    '<%= config.bin %> verify registry.example.com/team/app:1.4.2',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN), or an image: HOST/PATH:TAG' }),
    name: Args.string({ description: 'target name' }),
    file: Args.string({ description: 'file to compare; - for standard input' }),
  };
  static override flags = {
    role: rolesFlag,
    ca: Flags.string({ description: 'PEM file with the authority of the registry', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Verify);
    const { gun, name, file } = args;
    const { role: roles = [], ca } = flags;
    await withOnlineStation(flags.home, 'verify', 'read', async ({ station, stores }) => {
      if (name !== undefined && file === undefined)
        throw usage('USAGE-SOURCE', 'say what to compare: GUN NAME FILE, or an image alone');
      const { repository, target, broken } =
        name !== undefined && file !== undefined
          ? await verifyFile(station, stores, gun, name, file === '-' ? process.stdin : file, roles)
          : await verifyImage(station, stores, gun, { roles, ca, environment: process.env });
      warnOfUnreadRoles(repository, broken);
      const { entry, ...found } = target;
      this.show({ repository, ...found, ...entry, verified: true, broken }, () =>
        ['this is what is signed:', ...targetLines([target])].join('\n'),
      );
    });
  }
}
