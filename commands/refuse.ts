import { refuse, REASONS } from '../src/offline/refuse.ts';
import { withOfflineStation } from '../src/offline/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { answerLines } from '../src/terminal/views/signed-view.ts';

export default class Refuse extends BaseCommand {
  static override summary = 'answer a request with a sealed no';
  static override description = `The reason is one of: ${REASONS.join(', ')}. Nothing else leaves the air gap.`;
  static override examples = [
    '<%= config.bin %> refuse app.request.tar -o app.response.tar --reason not-expected',
  ];
  static override args = { request: Args.string({ required: true, description: 'request bundle' }) };
  static override flags = {
    output: Flags.string({
      char: 'o',
      required: true,
      description: 'response bundle to write',
      helpValue: 'FILE',
    }),
    reason: Flags.string({ required: true, description: 'why', helpValue: 'CODE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Refuse);
    await withOfflineStation(flags.home, 'refuse', async (station) => {
      const result = await refuse(station, args.request, flags.output, flags.reason);
      this.show(result, () => [`refused: ${flags.reason}`, ...answerLines(result)].join('\n'));
    });
  }
}
