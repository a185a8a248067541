import { addFile, addImage, addList, type AddResult } from '../src/online/staging/add.ts';
import { readCustom } from '../src/online/staging/custom-data.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { usage } from '../src/errors.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { customFlag } from '../src/terminal/flags/custom-flag.ts';
import { stagedTargetLine } from '../src/terminal/views/change-view.ts';

export default class Add extends BaseCommand {
  static override summary = 'stage targets from a file, a registry, or a list';
  static override description =
    'Where target files are served beside the metadata (TUF), a copy of the file is kept here and put in its place with the publication. A list is CSV with the header [repository,]name,length,sha256[,sha512][,role][,custom], or JSON lines with these members; with repository, one list stages for many. A manifest that comes from a registry travels in the request, so that the offline half hashes it again.';
  static override examples = [
    '<%= config.bin %> add registry.example.com/team/app installer-1.4.2 build/installer.bin',
    '<%= config.bin %> add firmware app/installer-1.4.2.bin build/installer.bin',
    '<%= config.bin %> add registry.example.com/team/app --image registry.example.com/team/app:1.4.2',
    '<%= config.bin %> add registry.example.com/team/app --from targets.csv',
    '<%= config.bin %> add --from targets-of-every-repository.csv',
  ];
  static override args = {
    gun: Args.string({ description: 'repository (GUN); left out where the list names it' }),
    name: Args.string({ description: 'target name' }),
    file: Args.string({ description: 'file to hash, and to serve where files are' }),
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
      multipleNonGreedy: true,
      description: 'role to sign into (default: the hash bin of the name where there are bins, else targets)',
      helpValue: 'ROLE',
    }),
    custom: customFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Add);
    const roles = flags.role ?? [];
    await withOnlineStation(flags.home, 'add', 'write', async ({ station, stores }) => {
      const given = [flags.image, flags.from, args.file].filter((source) => source !== undefined).length;
      if (given !== 1 || (args.name !== undefined && args.file === undefined))
        throw usage('USAGE-SOURCE', 'say what to add: NAME FILE, --image REF, or --from LIST');
      if (flags.from !== undefined && flags.custom !== undefined)
        throw usage('USAGE-SOURCE', 'custom data of the targets of a list stand in the list', {
          expected: 'a column or member "custom"',
        });
      const { gun } = args;
      const options = { roles, custom: readCustom(flags.custom) };
      if (gun === undefined && flags.from === undefined)
        throw usage('USAGE-SOURCE', 'say which repository the target belongs to');
      const results =
        flags.from !== undefined
          ? await addList(station, stores, gun, flags.from, roles)
          : flags.image !== undefined
            ? [
                await addImage(station, stores, gun ?? '', flags.image, {
                  ...options,
                  ca: flags.ca,
                  environment: process.env,
                }),
              ]
            : [await addFile(station, stores, gun ?? '', args.name ?? '', args.file ?? '', options)];
      this.show(gun === undefined ? { repositories: results } : (results[0] as AddResult), () =>
        addedLines(results).join('\n'),
      );
    });
  }
}

function addedLines(results: readonly AddResult[]): string[] {
  const added = results.flatMap((result) => result.added);
  const total = results.reduce((sum, { staged }) => sum + staged, 0);
  return [
    ...added.slice(0, 10).map(({ name, role }) => stagedTargetLine('add', name, [role])),
    ...(added.length > 10 ? [`staged: ${String(added.length - 10)} more`] : []),
    `${String(total)} staged changes${results.length > 1 ? ` in ${String(results.length)} repositories` : ''}`,
  ];
}
