import { resetClock } from '../../src/station/home/clock.ts';
import { openHome, requireSide } from '../../src/station/home/home.ts';
import { Args, BaseCommand } from '../../src/terminal/base-command.ts';
import { askTyped } from '../../src/terminal/prompts/prompt.ts';

export default class ClockReset extends BaseCommand {
  static override summary = 'lower the clock floor that a wrong clock left behind';
  static override description =
    'A station signs nothing while its clock is below the time of its last confirmed ledger line. Where that line was written under a clock that was years ahead, an officer types the right time here; it is recorded.';
  static override examples = ['<%= config.bin %> clock reset 2026-11-21T08:00:00Z'];
  static override args = { utc: Args.string({ required: true, description: 'time, YYYY-MM-DDTHH:MM:SSZ' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClockReset);
    const home = await openHome(flags.home, { write: true });
    try {
      requireSide(home, 'offline', 'clock reset');
      const now = Math.floor(Date.now() / 1000);
      const result = await resetClock(home, args.utc, now, ({ floor, was }) =>
        askTyped({
          lines: [
            `the clock floor becomes ${floor}; it was ${was}`,
            'compare the time with a watch: bundles that were made before it are taken again',
          ],
          expected: floor,
          question: 'type the new floor again:',
        }),
      );
      this.show(result, () => `clock floor ${result.floor} (was ${result.was})`);
    } finally {
      home.close();
    }
  }
}
