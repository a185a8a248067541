import { usage } from '../src/errors.ts';
import { refreshOnline } from '../src/online/publishing/refresh-online.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { stageRefresh } from '../src/online/staging/stage-refresh.ts';
import { Signers } from '../src/station/keys/signers.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { startProgress } from '../src/terminal/progress.ts';
import { refreshedDocument, refreshedExit, refreshedLines } from '../src/terminal/views/refresh-view.ts';
import { signerOpener } from '../src/terminal/prompts/secrets.ts';
import { secretFlags } from '../src/terminal/flags/signing-flags.ts';
import { stagedLines } from '../src/terminal/views/staged-view.ts';

export default class Refresh extends BaseCommand {
  static override summary = 'stage a new expiry for roles, or sign the timestamp anew at once';
  static override description =
    'Without a role: root and targets. Snapshot and timestamp are signed anew with every publication, and with --online at any time: a new timestamp for each folder repository that is named (or for all), by the keys of this station, and a new snapshot where it ends within half of its usual validity. That needs no terminal, so that cron or a systemd timer can run it: see docs/online-roles.md.';
  static override examples = [
    '<%= config.bin %> refresh registry.example.com/team/app',
    '<%= config.bin %> refresh registry.example.com/team/app targets --expires 365d',
    '<%= config.bin %> refresh --online --passphrase-file /etc/countersign/passphrase',
    '<%= config.bin %> refresh firmware --online --snapshot --pin-file /etc/countersign/pin',
  ];
  static override strict = false;
  static override args = {
    gun: Args.string({ description: 'repository (GUN); with --online several, or none for all folders' }),
    role: Args.string({ description: 'roles' }),
  };
  static override flags = {
    expires: Flags.string({
      description: 'validity from the export on, in days',
      helpValue: 'DAYSd',
      exclusive: ['online'],
    }),
    online: Flags.boolean({
      description: 'sign a new timestamp with the keys of this station, and publish it',
    }),
    snapshot: Flags.boolean({
      description: 'sign a new snapshot too, whenever the present one ends',
      dependsOn: ['online'],
    }),
    ...secretFlags,
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Refresh);
    if (flags.online) {
      await this.renew(argv as string[], flags);
      return;
    }
    const { gun } = args;
    if (gun === undefined)
      throw usage('USAGE-ARGUMENT-MISSING', 'say which repository', {
        hint: 'countersign refresh GUN [ROLE...], or refresh --online',
      });
    await withOnlineStation(flags.home, 'refresh', 'write', async ({ station, stores }) => {
      const roles = (argv as string[]).slice(1);
      const staged = await stageRefresh(station, stores, gun, roles, flags.expires);
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }

  private async renew(
    names: readonly string[],
    flags: {
      readonly home: string;
      readonly snapshot: boolean;
      readonly 'pin-file'?: string[] | undefined;
      readonly 'passphrase-file'?: string[] | undefined;
    },
  ): Promise<void> {
    await withOnlineStation(flags.home, 'refresh', 'write', async ({ station, stores }) => {
      const bar = startProgress('refreshing');
      const secrets = {
        pinFiles: flags['pin-file'] ?? [],
        passphraseFiles: flags['passphrase-file'] ?? [],
      };
      const signers = new Signers(signerOpener(station.home, secrets));
      try {
        const progress = (done: number, total: number): void => {
          bar.update(done, total);
        };
        const results = await refreshOnline(station, names, flags.snapshot, { stores, signers, progress });
        bar.end();
        this.show(refreshedDocument(results), () => refreshedLines(results).join('\n'));
        this.endWith(refreshedExit(results));
      } finally {
        bar.end();
        await signers.close();
      }
    });
  }
}
