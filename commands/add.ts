import { addFile, addImage, addList } from '../src/online/add.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { usage } from '../src/errors.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { show } from '../src/terminal/escape.ts';

export default class Add extends BaseCommand {
  static override summary = 'stage targets from a file, a registry, or a list';
  static override description =
    'A list is CSV with the header name,length,sha256[,sha512][,role], or JSON lines with these members. A manifest that comes from a registry travels in the request, so that the offline half hashes it again.';
  static override examples = [
    '<%= config.bin %> add registry.example.com/team/app installer-1.4.2 build/installer.bin',
    '<%= config.bin %> add registry.example.com/team/app --image registry.example.com/team/app:1.4.2',
    '<%= config.bin %> add registry.example.com/team/app --from targets.csv',
  ];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    name: Args.string({ description: 'target name' }),
    file: Args.string({ description: 'file to hash' }),
  };
  static override flags = {
    image: Flags.string({
      description: 'image whose manifest the registry is asked for',
      helpValue: 'REF',
      exclusive: ['from'],
    }),
    from: Flags.string({ description: 'list of targets, CSV or JSON lines', helpValue: 'LIST' }),
    ca: Flags.string({
      description: 'PEM file with the authority of the registry',
      helpValue: 'FILE',
      dependsOn: ['image'],
    }),
    role: Flags.string({
      char: 'r',
      multiple: true,
      description: 'role to sign into (default: targets)',
      helpValue: 'ROLE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Add);
    const roles = flags.role ?? [];
    await withOnlineStation(flags.home, 'add', 'write', async ({ station }) => {
      const given = [flags.image, flags.from, args.file].filter((source) => source !== undefined).length;
      if (given !== 1 || (args.name !== undefined && args.file === undefined))
        throw usage('USAGE-SOURCE', 'say what to add: NAME FILE, --image REF, or --from LIST');
      const result =
        flags.image !== undefined
          ? await addImage(station, args.gun, flags.image, { roles, ca: flags.ca, environment: process.env })
          : flags.from !== undefined
            ? addList(station, args.gun, flags.from, roles)
            : await addFile(station, args.gun, args.name ?? '', args.file ?? '', roles);
      this.show(result, () =>
        [
          ...result.added.slice(0, 10).map(({ name }) => `staged: add ${show(name)}`),
          ...(result.added.length > 10 ? [`staged: ${String(result.added.length - 10)} more`] : []),
          `${String(result.staged)} staged changes`,
        ].join('\n'),
      );
    });
  }
}
