import { reportError } from '../../src/terminal/report.ts';
import { askLine, askSecret, askTyped } from '../../src/terminal/prompts/prompt.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Run in a terminal by prompt.test.ts: one prompt a time, the answer printed as hex. */
const [kind, ...rest] = process.argv.slice(2);
try {
  if (kind === 'line') process.stdout.write(`line=${await askLine('name?')}\n`);
  else if (kind === 'secret') process.stdout.write(`secret=${(await askSecret('PIN?')).toString('hex')}\n`);
  else if (kind === 'late') {
    process.stdout.write('busy\n');
    await delay(1500);
    process.stdout.write(`line=${await askLine('name?')}\n`);
  } else {
    await askTyped({ lines: ['first line'], question: 'type the words:', expected: rest.join(' ') });
    process.stdout.write('agreed\n');
  }
} catch (error) {
  reportError(error, [], 'probe');
}
