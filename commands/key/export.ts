import { exportPublicKey } from '../../src/station/keys/export-key.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { showPath } from '../../src/terminal/escape.ts';

export default class KeyExport extends BaseCommand {
  static override summary = 'write the public part of a key as PEM';
  static override examples = ['<%= config.bin %> key export 10df7c79 -o root.pub.pem'];
  static override args = { id: Args.string({ required: true, description: 'key ID, or its beginning' }) };
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyExport);
    const result = await exportPublicKey(flags.home, args.id, flags.output);
    this.show(result, () => `wrote ${showPath(result.out)}`);
  }
}
