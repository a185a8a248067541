import { SOURCE_HELP } from '../src/online/staging/key-source.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { stageInit } from '../src/online/staging/stage-init.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class Init extends BaseCommand {
  static override summary = 'stage a new repository';
  static override description =
    'Without more, the station that signs makes the certificate for its root key, and a targets key. For several keys name each: the word new, a paired offline station whose card carries such a key (STATION, or STATION:KEYID where it has several), or a PEM file.';
  static override examples = [
    '<%= config.bin %> init registry.example.com/team/app',
    '<%= config.bin %> init registry.example.com/team/app --root-key vault-a --root-key vault-b --root-key vault-c --root-threshold 2',
  ];
  static override strict = false;
  static override args = { gun: Args.string({ required: true, description: 'repositories (GUNs)' }) };
  static override flags = {
    restart: Flags.boolean({
      description: 'begin anew under a name that had a repository',
      default: false,
    }),
    'root-key': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: `key that is to sign roots: ${SOURCE_HELP}`,
      helpValue: 'SOURCE',
    }),
    'root-threshold': Flags.string({ description: 'signatures that a root needs', helpValue: 'N' }),
    'targets-key': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: `key that is to sign targets: ${SOURCE_HELP}`,
      helpValue: 'SOURCE',
    }),
    'targets-threshold': Flags.string({ description: 'signatures that targets need', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Init);
    const names = argv as string[];
    await withOnlineStation(flags.home, 'init', 'write', async ({ station, stores }) => {
      const staged = await stageInit(station, stores, names, flags.restart, [
        { role: 'root', keys: flags['root-key'] ?? [], threshold: flags['root-threshold'] },
        { role: 'targets', keys: flags['targets-key'] ?? [], threshold: flags['targets-threshold'] },
      ]);
      this.show({ staged: names.map((name) => ({ name, change: 'init' })), repositories: staged }, () =>
        stagedLines(staged).join('\n'),
      );
    });
  }
}
