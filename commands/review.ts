import { review } from '../src/offline/review.ts';
import { withOfflineStation } from '../src/offline/session.ts';
import { Args, BaseCommand } from '../src/terminal/base-command.ts';
import { reviewDocument } from '../src/terminal/review-document.ts';
import { reviewLines } from '../src/terminal/review-view.ts';

export default class Review extends BaseCommand {
  static override summary = 'check a request and show what it would change, without keys';
  static override description =
    'Everything that sign checks and shows. With --json it lists the IDs of what must be accepted, for scripts.';
  static override examples = ['<%= config.bin %> review /media/stick/app.request.tar'];
  static override args = { file: Args.string({ required: true, description: 'request bundle' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Review);
    await withOfflineStation(flags.home, 'review', async (station) => {
      const examination = await review(station, args.file);
      this.show(reviewDocument(examination), () => reviewLines(examination).join('\n'));
    });
  }
}
