import { usage } from '../src/errors.ts';
import { convert } from '../src/online/convert/convert.ts';
import { verifyArchive } from '../src/online/convert/verify-archive.ts';
import { withOnlineStation } from '../src/online/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { archiveLines, convertedLines } from '../src/terminal/views/convert-view.ts';

export default class Convert extends BaseCommand {
  static override summary = 'stage a TUF repository with the targets and delegations of a Notary one';
  static override description =
    'Reads the Notary repository from the root that this station pinned, keeps what it proved in an archive, and stages the changes for a repository that was added with --dialect tuf: init (unless it is staged already), delegations with the same public keys, targets with the same names, lengths and hashes. Nothing is signed by it: export, review and sign follow. Each delegated role must be signed by its keys before anything is published. --verify checks an archive, and needs no station.';
  static override examples = [
    '<%= config.bin %> convert registry.example.com/team/app --to app --archive app-trust.tar',
    '<%= config.bin %> convert registry.example.com/team/app --to app --archive app-trust.tar --merge targets/releases --without targets/old',
    '<%= config.bin %> convert --verify app-trust.tar',
  ];
  static override args = { gun: Args.string({ description: 'Notary repository (GUN)' }) };
  static override flags = {
    to: Flags.string({ description: 'TUF repository that is to be made', helpValue: 'NAME' }),
    archive: Flags.string({
      description: 'file for the trust data of the old repository',
      helpValue: 'FILE',
    }),
    without: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'leave out a delegation, with everything below it',
      helpValue: 'ROLE',
    }),
    merge: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'make the targets of a delegation, and of all below it, targets of the repository itself',
      helpValue: 'ROLE',
    }),
    verify: Flags.string({
      description: 'check an archive instead',
      helpValue: 'FILE',
      exclusive: ['to', 'archive', 'without', 'merge'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Convert);
    const { gun } = args;
    const { to, archive, verify } = flags;
    if (verify !== undefined && gun === undefined) {
      const verified = verifyArchive(verify);
      this.show(verified, () => archiveLines(verified).join('\n'));
      return;
    }
    if (gun === undefined || to === undefined || archive === undefined || verify !== undefined)
      throw usage('USAGE-CONVERT', 'say what becomes what, and where the archive goes', {
        hint: 'convert GUN --to NAME --archive FILE, or convert --verify FILE alone',
      });
    const options = { to, archive, without: flags.without ?? [], merge: flags.merge ?? [] };
    await withOnlineStation(flags.home, 'convert', 'write', async ({ station, stores }) => {
      const converted = await convert(station, stores, gun, options);
      this.show(converted, () => convertedLines(converted).join('\n'));
    });
  }
}
