import { withOnlineStation } from '../../src/online/session.ts';
import { stageRenewal } from '../../src/online/staging/stage-keys.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { stagedLines } from '../../src/terminal/views/staged-view.ts';

export default class KeyRenew extends BaseCommand {
  static override summary = 'stage a new certificate over a root key';
  static override description =
    'The key stays, and with it pins on the key itself; its ID in the metadata becomes another. Do it before the certificate ends: afterwards every client refuses the repository, and a new root with it.';
  static override examples = ['<%= config.bin %> key renew registry.example.com/team/app'];
  static override args = {
    gun: Args.string({ required: true, description: 'repository (GUN)' }),
    keyid: Args.string({ description: 'ID of the root key, or its beginning, where there are several' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyRenew);
    await withOnlineStation(flags.home, 'key renew', 'write', async ({ station, stores }) => {
      const staged = await stageRenewal(station, stores, args.gun, args.keyid);
      this.show(staged, () => stagedLines([staged]).join('\n'));
    });
  }
}
