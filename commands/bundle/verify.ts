import { look } from '../../src/station/look.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';

export default class BundleVerify extends BaseCommand {
  static override summary = 'check that a bundle or card is whole and that its seal verifies';
  static override description =
    'Reads every byte: layout, contents, schema and seal. Whose seal it is, and whether that station may ask or answer, is for review, sign and publish to say. Exit code 3 if anything is wrong.';
  static override examples = ['<%= config.bin %> bundle verify stick/app.response.tar'];
  static override args = { file: Args.string({ required: true, description: 'bundle or card' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(BundleVerify);
    const { kind, digest, sealedBy } = await look(args.file);
    this.show({ kind, digest, sealedBy }, () =>
      [`whole, and sealed by ${sealedBy}`, '', ...digestLines(kind, digest)].join('\n'),
    );
  }
}
