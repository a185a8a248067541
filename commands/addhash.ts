import { rolesOf } from '../src/online/staging/add.ts';
import { readCustom } from '../src/online/staging/custom-data.ts';
import { repositoryNamed } from '../src/online/repositories/repositories.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { addChanges, stageChanges } from '../src/online/staging/stage.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { customFlag } from '../src/terminal/flags/custom-flag.ts';
import { stagedTargetLine } from '../src/terminal/views/change-view.ts';

export default class AddHash extends BaseCommand {
  static override summary = 'stage a target by the hash of its manifest';
  static override examples = [
    '<%= config.bin %> addhash registry.example.com/team/app 1.4.2 1360 --sha256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    name: Args.string({ required: true, description: 'target name: the tag' }),
    size: Args.string({ required: true, description: 'length of the manifest in bytes' }),
  };
  static override flags = {
    sha256: Flags.string({ required: true, description: 'SHA-256 of the manifest', helpValue: 'HEX' }),
    sha512: Flags.string({ description: 'SHA-512 of the manifest', helpValue: 'HEX' }),
    role: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'role to sign it into (default: the hash bin of the name where there are bins, else targets)',
      helpValue: 'ROLE',
    }),
    custom: customFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AddHash);
    await withOnlineStation(flags.home, 'addhash', 'write', async ({ station, stores }) => {
      const input = {
        name: args.name,
        length: args.size,
        sha256: flags.sha256,
        sha512: flags.sha512,
        roles: flags.role ?? [],
        custom: readCustom(flags.custom),
      };
      const entry = repositoryNamed(station.home, args.gun);
      const roleOf = await rolesOf(station, stores, entry, input.roles);
      const changes = addChanges(entry, input, null, roleOf);
      const staged = stageChanges(station, args.gun, changes);
      const line = stagedTargetLine(
        'add',
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
