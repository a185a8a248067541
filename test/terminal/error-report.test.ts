import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CountersignError,
  EXIT,
  type ExitCode,
  conflict,
  failure,
  incomplete,
  refused,
  unavailable,
  usage,
} from '../../src/errors.ts';
import { asCountersignError, errorDocument, errorLines } from '../../src/terminal/error-report.ts';
import { asciiJson } from '../../src/terminal/sink.ts';

const binary = fc.string({ unit: 'binary', maxLength: 400 });

describe('R17 errors help', () => {
  test('R17 a refusal names its check, what was expected, what was found, where, and what to do', () => {
    const error = refused('SEAL-SIGNATURE', 'the seal does not verify', {
      expected: 'a seal of "online"',
      found: 'another key',
      where: 'app.request.tar',
      hint: 'station show lists the partners',
    });
    expect(errorLines(error)).toEqual([
      'refused [SEAL-SIGNATURE]: the seal does not verify',
      '  expected: a seal of "online"',
      '  found:    another key',
      '  where:    app.request.tar',
      '  next:     station show lists the partners',
    ]);
    expect(errorDocument(error)).toEqual({
      error: {
        check: 'SEAL-SIGNATURE',
        message: 'the seal does not verify',
        expected: 'a seal of "online"',
        found: 'another key',
        where: 'app.request.tar',
        hint: 'station show lists the partners',
        exit: 3,
      },
    });
  });

  test('R9 R17 whatever an error carries, its report is printable, bounded and 80 columns wide', () => {
    fc.assert(
      fc.property(binary, binary, binary, binary, (message, expected, found, hint) => {
        const error = refused('ANY-CHECK', message, { expected, found, hint, where: expected + found });
        for (const line of errorLines(error)) expect(line).toMatch(/^[ -~]{0,80}$/);
        expect(asciiJson(errorDocument(error))).toMatch(/^[\n -~]*$/);
        expect(errorLines(refused('ANY-CHECK', message.repeat(100))).length).toBeLessThan(30);
      }),
    );
  });
});

describe('the table of exit codes', () => {
  test.each<[string, (check: string, message: string) => CountersignError, ExitCode, number]>([
    ['failure', failure, EXIT.failure, 1],
    ['usage', usage, EXIT.usage, 2],
    ['refused', refused, EXIT.refused, 3],
    ['incomplete', incomplete, EXIT.incomplete, 4],
    ['conflict', conflict, EXIT.conflict, 5],
    ['unavailable', unavailable, EXIT.unavailable, 6],
  ])('%s ends with its own code', (_, make, code, number) => {
    expect(make('X', 'y').exit).toBe(code);
    expect(code).toBe(number);
  });

  test('a mistake in the arguments is exit 2 and names the help of the command', () => {
    const thrown = Object.assign(new Error('Nonexistent flag: --yes\nSee more help with --help'), {
      oclif: { exit: 2 },
    });
    const error = asCountersignError(thrown, 'sign');
    expect([error.exit, error.message, error.hint]).toEqual([
      2,
      'nonexistent flag: --yes',
      'countersign sign --help',
    ]);
  });

  test('a file that is not there is exit 6, with its path', () => {
    const thrown = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), {
      code: 'ENOENT',
      syscall: 'open',
      path: '/x',
    });
    const error = asCountersignError(thrown, 'sign');
    expect([error.exit, error.check, error.message, error.where]).toEqual([
      6,
      'SYSTEM-ENOENT',
      'no such file or directory',
      '/x',
    ]);
  });

  test.each([[new TypeError('x is not a function')], ['a string'], [undefined]])(
    'anything else (%s) is exit 1, a defect',
    (thrown) => {
      expect(asCountersignError(thrown, 'sign').exit).toBe(1);
      expect(asCountersignError(thrown, 'sign').check).toBe('INTERNAL');
    },
  );
});
