import { Args, BaseCommand } from '../../src/terminal/base-command.ts';

export default class BundleDigest extends BaseCommand {
  static override summary = 'print the digest of a bundle or card';
  static override description = 'x';
  static override examples = ['<%= config.bin %> bundle digest stick/app.request.tar'];
  static override args = { file: Args.string({ required: true, description: 'bundle or card' }) };
  async run(): Promise<void> {
    const { args } = await this.parse(BundleDigest);
    this.show({ digest: args.file }, () => args.file);
  }
}
