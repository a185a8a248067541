import { readFileSync } from 'node:fs';
import { isObject, type Json } from '../../encoding/json.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { fromUtf8, toUtf8 } from '../../encoding/text.ts';
import { usage } from '../../errors.ts';
import type { TargetInput } from './stage.ts';

/** A list of targets is read whole; a million lines fit. */
const MAX_BYTES = 512 * 1024 * 1024;

/** A target of a list, which may say whose it is. */
export interface ListedTarget extends TargetInput {
  readonly repository: string | undefined;
}

const COLUMNS = ['repository', 'name', 'length', 'sha256', 'sha512', 'role', 'custom'];
const FORM = '[repository,]name,length,sha256[,sha512][,role][,custom]';

/**
 * Reads a list of targets: CSV with the header `[repository,]name,length,sha256[,sha512][,role][,custom]`
 * (RFC 4180), or JSON lines with the same members. Roles are separated by spaces; custom data are JSON, in CSV as text.
 *
 * @throws LIST-FORM (exit 2) naming the line
 */
export function readTargetList(path: string): ListedTarget[] {
  const bytes = readFileSync(path);
  if (bytes.length > MAX_BYTES) throw usage('LIST-FORM', 'the list is too long', { where: path });
  const text = fromUtf8(bytes).replace(/^\ufeff/, '');
  return text.trimStart().startsWith('{') ? jsonLines(text, path) : csv(text, path);
}

function jsonLines(text: string, path: string): ListedTarget[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parseStrictJson(toUtf8(line));
    if (!isObject(value)) throw fault(path, index, 'not an object');
    const { repository, name, length, sha256, sha512, role, custom } = value;
    if (typeof name !== 'string' || typeof sha256 !== 'string')
      throw fault(path, index, 'name or sha256 is missing');
    if (typeof length !== 'number' && typeof length !== 'string')
      throw fault(path, index, 'length is missing');
    return [
      {
        repository: optionalText('repository', repository, path, index),
        name,
        length: String(length),
        sha256,
        sha512: optionalText('sha512', sha512, path, index),
        roles: roles(role, path, index),
        custom,
      },
    ];
  });
}

function optionalText(
  member: string,
  value: Json | undefined,
  path: string,
  index: number,
): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw fault(path, index, `${member} is not text`);
}

function roles(value: Json | undefined, path: string, index: number): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string') throw fault(path, index, 'role is not text');
  return value.split(' ').filter((role) => role !== '');
}

function csv(text: string, path: string): ListedTarget[] {
  const rows = csvRows(text, path);
  const [head, ...body] = rows;
  const columns = new Map(head?.map((name, index) => [name.trim(), index]));
  for (const name of columns.keys())
    if (!COLUMNS.includes(name)) throw fault(path, 0, `an unknown column "${name}"`);
  for (const name of ['name', 'length', 'sha256'])
    if (!columns.has(name)) throw fault(path, 0, `the header has no column "${name}"`);
  return body.flatMap((row, index) => {
    if (row.length === 1 && row[0] === '') return [];
    if (row.length !== columns.size)
      throw fault(path, index + 1, `${String(columns.size)} columns were expected`);
    const cell = (name: string): string | undefined => row[columns.get(name) ?? -1];
    const sha512 = cell('sha512');
    return [
      {
        repository: cell('repository'),
        name: cell('name') ?? '',
        length: cell('length') ?? '',
        sha256: cell('sha256') ?? '',
        sha512: sha512 === '' ? undefined : sha512,
        roles: roles(cell('role') ?? '', path, index),
        custom: customCell(cell('custom') ?? '', path, index + 1),
      },
    ];
  });
}

function customCell(text: string, path: string, index: number): Json | undefined {
  if (text === '') return undefined;
  try {
    return parseStrictJson(toUtf8(text));
  } catch (cause) {
    throw fault(path, index, `custom is not JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
}

/** Rows of RFC 4180: cells in quotes may hold commas, quotes (doubled) and line breaks. */
function csvRows(text: string, path: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let at = 0;
  while (at < text.length) {
    cell.lastIndex = at;
    const match = cell.exec(text);
    if (!match) throw fault(path, rows.length, 'a quote is not closed, or stands in the middle of a cell');
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    at = cell.lastIndex;
    if (match[3] === ',') {
      if (at === text.length) row.push('');
      continue;
    }
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function fault(path: string, index: number, message: string): Error {
  return usage('LIST-FORM', `the list is not well formed: ${message}`, {
    expected: `CSV with the header ${FORM}, or JSON lines`,
    where: `${path} line ${String(index + 1)}`,
  });
}
