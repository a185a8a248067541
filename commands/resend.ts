import { resend } from '../src/station/resend.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { digestLines } from '../src/terminal/views/digest-block.ts';
import { showPath } from '../src/terminal/escape.ts';
import { readBackLine } from '../src/terminal/written-file.ts';

export default class Resend extends BaseCommand {
  static override summary = 'write a stored bundle again, byte for byte, without keys';
  static override description =
    'For a lost stick. DIGEST is that of the request; on the offline side its answer is written, on the online side the request itself.';
  static override examples = ['<%= config.bin %> resend DIGEST -o /media/stick/app.response.tar'];
  static override args = {
    digest: Args.string({ required: true, description: 'request digest, or its beginning' }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resend);
    const result = await resend(flags.home, args.digest, flags.output);
    this.show(result, () =>
      [
        `wrote ${showPath(result.out)}`,
        ...readBackLine(result.readBack, result.out),
        '',
        ...digestLines(result.kind, result.digest),
      ].join('\n'),
    );
  }
}
