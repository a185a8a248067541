import { review } from '../src/offline/review.ts';
import { withOfflineStation } from '../src/offline/session.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { reviewDocument } from '../src/terminal/views/review-document.ts';
import { askedReachLines } from '../src/terminal/views/reach-view.ts';
import { reviewLines } from '../src/terminal/views/review-view.ts';
import { reviewTrackerLines } from '../src/terminal/views/tracker-view.ts';

export default class Review extends BaseCommand {
  static override summary = 'check a request and show what it would change, without keys';
  static override description =
    'Everything that sign checks and shows. With --json it lists the IDs of what must be accepted, for scripts.';
  static override examples = [
    '<%= config.bin %> review /media/stick/app.request.tar',
    '<%= config.bin %> review app.request.tar a.response.tar',
    '<%= config.bin %> review app.request.tar --only registry.example.com/team/app',
    '<%= config.bin %> review firmware.request.tar --path sensors/thermometer-2.1.bin',
  ];
  static override strict = false;
  static override args = {
    request: Args.string({ required: true, description: 'request bundle' }),
    response: Args.string({ description: 'responses of other stations to the same request' }),
  };

  static override flags = {
    only: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository to show alone, with everything that changes',
      helpValue: 'NAME',
    }),
    path: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'target name: say which roles and keys can sign it, before and after',
      helpValue: 'PATH',
    }),
    page: Flags.integer({ description: 'page of a request for many repositories', min: 1, helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Review);
    const [file = '', ...responses] = argv as string[];
    const view = { page: flags.page ?? 1, only: flags.only ?? [] };
    await withOfflineStation(flags.home, 'review', async (station) => {
      const { examination, tracker, asked } = await review(station, file, responses, flags.path ?? []);
      this.show({ ...reviewDocument(examination), tracker, asked }, () =>
        [...reviewLines(examination, view), ...askedReachLines(asked), ...reviewTrackerLines(tracker)].join(
          '\n',
        ),
      );
    });
  }
}
