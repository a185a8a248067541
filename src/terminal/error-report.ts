import { CountersignError, EXIT, type ExitCode, failure, unavailable, usage } from '../errors.ts';
import { escapeCut } from './escape.ts';
import { wrapBehind } from './views/wrap.ts';

/** How each kind of ending is called on the screen. */
const WORDS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failure]: 'failed',
  [EXIT.usage]: 'wrong usage',
  [EXIT.refused]: 'refused',
  [EXIT.incomplete]: 'incomplete',
  [EXIT.conflict]: 'conflict',
  [EXIT.unavailable]: 'unavailable',
};

/** Columns of one member of a report before it is cut. */
const MEMBER = 1000;

/** The lines that a person reads: fact, expected, found, where, next step; escaped, at most 80 columns. */
export function errorLines(error: CountersignError): string[] {
  const member = (label: string, text: string | undefined): string[] =>
    text === undefined ? [] : wrapBehind(label, escapeCut(text, MEMBER));
  const title = `${WORDS[error.exit]} [${error.check}]: `;
  const [first = '', ...more] = wrapBehind(title, escapeCut(error.message, MEMBER));
  return [
    first,
    ...more.map((line) => `  ${line.trimStart()}`),
    ...member('  expected: ', error.expected),
    ...member('  found:    ', error.found),
    ...member('  where:    ', error.where),
    ...member('  next:     ', error.hint),
  ];
}

/** The document that a script reads. */
export function errorDocument(error: CountersignError): object {
  const { check, message, expected, found, where, hint, exit } = error;
  return { error: { check, message, expected, found, where, hint, exit } };
}

/** What oclif's parser throws, by class name, as our check IDs. */
const PARSER_CHECKS: Readonly<Record<string, string>> = {
  RequiredArgsError: 'USAGE-ARGUMENT-MISSING',
  UnexpectedArgsError: 'USAGE-ARGUMENT-UNEXPECTED',
  NonExistentFlagsError: 'USAGE-FLAG-UNKNOWN',
  FlagInvalidOptionError: 'USAGE-VALUE',
  ArgInvalidOptionError: 'USAGE-VALUE',
  FailedFlagValidationError: 'USAGE-FLAGS',
};

/** Any thrown value as the one error class; `command` is named in the hint of a usage error. */
export function asCountersignError(thrown: unknown, command: string): CountersignError {
  if (thrown instanceof CountersignError) return withoutParserWords(thrown, command);
  if (!(thrown instanceof Error)) return failure('INTERNAL', String(thrown));
  const message =
    thrown.message
      .replace(/\s*See more help with --help$/, '')
      .replace(/\s+/g, ' ')
      .trim() || thrown.name;
  if ('oclif' in thrown)
    return usage(PARSER_CHECKS[thrown.constructor.name] ?? 'USAGE', lowerFirst(message), {
      hint: `countersign ${command} --help`,
      cause: thrown,
    });
  if ('syscall' in thrown && 'code' in thrown && typeof thrown.code === 'string') {
    const path = 'path' in thrown && typeof thrown.path === 'string' ? { where: thrown.path } : {};
    const fact = message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+( '[^']*'.*)?$/, '');
    return unavailable(`SYSTEM-${thrown.code}`, fact, { ...path, cause: thrown });
  }
  return failure('INTERNAL', message, {
    hint: 'this is a defect; run again with COUNTERSIGN_DEBUG=1 and report what it prints',
    cause: thrown,
  });
}

/** oclif wraps what a flag's own check says into several lines: made one fact again, with the flag in front. */
function withoutParserWords(error: CountersignError, command: string): CountersignError {
  const { flag, fact } =
    /^Parsing (?<flag>--\S+) \n\t(?<fact>[^]*?)\nSee more help/.exec(error.message)?.groups ?? {};
  if (flag === undefined || fact === undefined) return error;
  const { expected, found, where } = error;
  const facts = Object.entries({ expected, found, where }).filter(([, text]) => text !== undefined);
  return new CountersignError(error.exit, error.check, `${flag}: ${fact}`, {
    ...Object.fromEntries(facts),
    hint: error.hint ?? `countersign ${command} --help`,
    cause: error,
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
