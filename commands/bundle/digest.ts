import { digestOf } from '../../src/station/look.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { digestLines } from '../../src/terminal/views/digest-block.ts';

export default class BundleDigest extends BaseCommand {
  static override summary = 'print the digest of a bundle or card, in hex and in words';
  static override description =
    'For comparing with what its sender reads aloud. Nothing else is read or verified; bundle verify does that.';
  static override examples = [
    '<%= config.bin %> bundle digest stick/app.request.tar',
    '<%= config.bin %> bundle digest stick/online.card --json',
  ];
  static override args = { file: Args.string({ required: true, description: 'bundle or card' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(BundleDigest);
    const { kind, digest } = await digestOf(args.file);
    this.show({ kind, digest }, () => digestLines(kind, digest).join('\n'));
  }
}
