import { look } from '../../src/station/look.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { bundleLines, cardLines } from '../../src/terminal/views/bundle-view.ts';

export default class BundleInspect extends BaseCommand {
  static override summary = 'show what a bundle or card says';
  static override description =
    'Checked as by bundle verify, then shown as claimed: what a request would change is for review to say.';
  static override examples = [
    '<%= config.bin %> bundle inspect stick/app.request.tar',
    '<%= config.bin %> bundle inspect stick/app.request.tar --json',
  ];
  static override args = { file: Args.string({ required: true, description: 'bundle or card' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(BundleInspect);
    const seen = await look(args.file);
    const { kind, digest, sealedBy } = seen;
    if ('card' in seen)
      this.show({ kind, digest, sealedBy, card: seen.card }, () => cardLines(seen).join('\n'));
    else this.show({ kind, digest, sealedBy, manifest: seen.manifest }, () => bundleLines(seen).join('\n'));
  }
}
