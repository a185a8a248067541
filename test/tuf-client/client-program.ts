import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CountersignError } from '../../src/errors.ts';
import { tuf } from '../../src/metadata/tuf/dialect.ts';
import type { Client } from '../../src/online/client/client.ts';
import { delegatedRoles } from '../../src/online/client/delegated.ts';
import { findByReading } from '../../src/online/client/find.ts';
import { refresh, type TopLevel } from '../../src/online/client/refresh.ts';
import { fetchFile } from '../../src/online/reading/fetch-file.ts';
import { tufUrlStore } from '../../src/online/tuf-repository/url-store.ts';
import { replaceDurably } from '../../src/station/files/durable.ts';
import { metadataFolder } from './metadata-folder.ts';

const OPTIONS = {
  'metadata-dir': { type: 'string' },
  'metadata-url': { type: 'string' },
  'target-name': { type: 'string', multiple: true },
  'target-base-url': { type: 'string' },
  'target-dir': { type: 'string' },
} as const;

/**
 * The client that the tuf-conformance suite runs (CLIENT-CLI.md): `init ROOT`, `refresh`, `download`.
 *
 * @param now milliseconds since 1970, the one time of this run
 * @returns the exit code: 0, or 1 with a line on standard error
 */
export async function main(args: readonly string[], now: number): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [command, file = ''] = positionals;
    const folder = required(values, 'metadata-dir');
    mkdirSync(folder, { recursive: true });
    if (command === 'init') replaceDurably(join(folder, 'root.json'), readFileSync(file));
    else if (command === 'refresh') await update(folder, required(values, 'metadata-url'), undefined, now);
    else if (command === 'download') await download(values, now);
    else throw new Error('init ROOT, refresh or download');
    return 0;
  } catch (error) {
    process.stderr.write(`${described(error)}\n`);
    return 1;
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function required(values: Values, name: Exclude<keyof Values, 'target-name'>): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

interface Updated extends Client {
  readonly store: ReturnType<typeof tufUrlStore>;
  readonly top: TopLevel;
}

async function update(
  folder: string,
  url: string,
  targets: string | undefined,
  now: number,
  then: (updated: Updated) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const context = { repository: url, now };
  const store = tufUrlStore(url, { environment: process.env, targets });
  try {
    const client = { dialect: tuf, store, context, trusted: metadataFolder(folder, context) };
    const top = await refresh(client);
    if (!top) throw new Error('there is no repository');
    await then({ ...client, top });
  } finally {
    await store.close();
  }
}

async function download(values: Values, now: number): Promise<void> {
  const url = required(values, 'metadata-url');
  const folder = required(values, 'target-dir');
  const from = required(values, 'target-base-url');
  await update(required(values, 'metadata-dir'), url, from, now, async (client) => {
    const roles = delegatedRoles(client, client.top);
    for (const name of values['target-name'] ?? []) {
      const target = await findByReading(client, roles, name);
      if (!target) throw new Error(`no such target: ${name}`);
      await fetchFile({
        ...{ repository: url, target, files: client.store, replace: true },
        consistent: tuf.consistent(client.top.root),
        destination: join(folder, encodeURIComponent(name)),
      });
    }
  });
}

function described(error: unknown): string {
  if (!(error instanceof CountersignError)) return String(error);
  const { check, message, expected = '', found = '', where = '' } = error;
  return `${check}: ${message} (${where}; expected ${expected}, found ${found})`;
}
