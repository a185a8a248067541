import { digestWords } from '../../encoding/words.ts';
import { refused, usage } from '../../errors.ts';
import { type ControllingTerminal, openControllingTerminal } from './controlling-terminal.ts';
import { escapeText } from '../escape.ts';

/** Longest answer, bytes. */
const ANSWER_LIMIT = 1024;

const ENTER = new Set([0x0a, 0x0d]);
const ERASE = new Set([0x08, 0x7f]);
const CTRL_U = 0x15;
const ESCAPE = 0x1b;

/** Asks for one line, shown as it is typed: printable ASCII only. */
export async function askLine(question: string): Promise<string> {
  const answer = await ask(question, true);
  try {
    return answer.toString('latin1');
  } finally {
    answer.fill(0);
  }
}

/**
 * Asks for a PIN or passphrase without showing it, not even its length. The bytes as they were typed, in a buffer
 * outside Node's shared pool that the caller fills with zeros; they were never a string.
 * @throws SECRET-EMPTY (exit 2) for an empty answer (R12).
 */
export async function askSecret(question: string): Promise<Buffer> {
  const secret = await ask(question, false);
  if (secret.length === 0) throw usage('SECRET-EMPTY', 'an empty PIN or passphrase is not used');
  return secret;
}

/** Something that has to be typed exactly. */
export interface TypedConsent {
  /** What is being agreed to, already escaped, above the question. */
  readonly lines: readonly string[];
  /** The exact answer. */
  readonly expected: string;
  /** Words of a digest are words: capitals do not matter. */
  readonly ignoreCase?: boolean;
  /** What the officer is asked to type; not the answer itself where it must be read elsewhere. */
  readonly question: string;
}

/**
 * Consent by typing (R8): anything but the expected text ends the command.
 * @throws CONFIRM-MISMATCH (exit 3).
 */
export async function askTyped(consent: TypedConsent): Promise<void> {
  withTerminal((terminal) => {
    terminal.write(consent.lines.map((line) => `${line}\n`).join(''));
  });
  const answer = await askLine(consent.question);
  const same = (text: string): string => (consent.ignoreCase ? text.toLowerCase() : text).trim();
  if (same(answer) !== same(consent.expected))
    throw refused('CONFIRM-MISMATCH', 'what was typed is not what was asked for', {
      expected: 'the exact text that the question names',
      found: answer,
      hint: 'nothing was changed; read it again and repeat the command',
    });
}

/** Two different words of a digest's 32, in their order; `random` gives whole numbers from 0 to below its bound. */
export function pickWords(
  digest: string,
  random: (bound: number) => number,
): readonly [first: PickedWord, second: PickedWord] {
  const words = digestWords(digest);
  const one = random(words.length);
  const step = 1 + random(words.length - 1);
  const [a, b] = [one, (one + step) % words.length].sort((x, y) => x - y) as [number, number];
  return [picked(words, a), picked(words, b)];
}

/** A word of a digest and where it stands, counted from 1. */
export interface PickedWord {
  readonly position: number;
  readonly word: string;
}

function picked(words: readonly string[], at: number): PickedWord {
  const word = words[at];
  if (word === undefined) throw new RangeError(`no word ${String(at + 1)}`);
  return { position: at + 1, word };
}

async function ask(question: string, echo: boolean): Promise<Buffer> {
  return withTerminal(async (terminal) => {
    const typed = Buffer.allocUnsafeSlow(ANSWER_LIMIT);
    let length = 0;
    let skipping: 'none' | 'escape' | 'sequence' = 'none';
    try {
      await terminal.ask(`${escapeText(question)} `, (byte) => {
        if (ENTER.has(byte)) return true;
        if (skipping !== 'none' || byte === ESCAPE) {
          skipping = nextSkip(skipping, byte);
          return false;
        }
        if (ERASE.has(byte) || byte === CTRL_U) {
          const kept = byte === CTRL_U ? 0 : previousCharacter(typed, length);
          if (echo) terminal.erase(length - kept);
          typed.fill(0, kept, length);
          length = kept;
        } else if (length < ANSWER_LIMIT && byte >= 0x20 && (!echo || byte <= 0x7e)) {
          typed[length++] = byte;
          if (echo) terminal.write(String.fromCharCode(byte));
        }
        return false;
      });
      return copyOf(typed, length);
    } finally {
      typed.fill(0);
      terminal.write('\n');
    }
  });
}

/** Arrow and function keys send escape sequences (ECMA-48): skipped to their final byte. */
function nextSkip(state: 'none' | 'escape' | 'sequence', byte: number): 'none' | 'escape' | 'sequence' {
  if (state === 'none') return 'escape';
  if (state === 'escape') return byte === 0x5b || byte === 0x4f ? 'sequence' : 'none';
  return byte >= 0x40 && byte <= 0x7e ? 'none' : 'sequence';
}

/** Where the last character begins: UTF-8 continuation bytes go with their first byte. */
function previousCharacter(typed: Buffer, length: number): number {
  let at = length - 1;
  while (at > 0 && ((typed[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return Math.max(0, at);
}

function copyOf(typed: Buffer, length: number): Buffer {
  const answer = Buffer.allocUnsafeSlow(length);
  typed.copy(answer, 0, 0, length);
  return answer;
}

function withTerminal<T>(use: (terminal: ControllingTerminal) => T): T {
  const terminal = openControllingTerminal();
  let asynchronous = false;
  try {
    const result = use(terminal);
    if (result instanceof Promise) {
      asynchronous = true;
      return result.finally(() => {
        terminal.close();
      }) as T;
    }
    return result;
  } finally {
    if (!asynchronous) terminal.close();
  }
}
