import { compareUtf8 } from '../encoding/canonical-json.ts';
import { parseTime } from '../encoding/time.ts';
import { refused } from '../errors.ts';
import type { Manifest, RepositoryRequest, RepositoryResponse } from './manifest.ts';

/**
 * What a schema cannot say of a manifest: lists are in their order and hold nothing twice, times exist, an entry is
 * named after its content, and the manifest refers to exactly the entries that it lists.
 *
 * @throws BUNDLE-ORDER, BUNDLE-TIME, BUNDLE-ENTRY, BUNDLE-REFERENCE, BUNDLE-UNREFERENCED
 */
export function checkManifest(manifest: Manifest): void {
  for (const { name, sha256 } of manifest.files)
    if (name !== `files/${sha256}`)
      throw refused('BUNDLE-ENTRY', 'an entry is not named after its content', {
        expected: `files/${sha256}`,
        found: name,
      });
  const names = manifest.files.map(({ name }) => name);
  checkAscending('files', names);
  checkTime('created', manifest.created);
  const references = new Set(referencesOf(manifest));
  const listed = new Set(names);
  for (const name of references)
    if (!listed.has(name))
      throw refused('BUNDLE-REFERENCE', 'the manifest refers to an entry that it does not list', {
        found: name,
      });
  // What a combined bundle holds besides its parts is listed by the parts (parts.ts).
  const idle = manifest.kind === 'combined' ? undefined : names.find((name) => !references.has(name));
  if (idle !== undefined)
    throw refused('BUNDLE-UNREFERENCED', 'the bundle holds an entry that nothing refers to', { found: idle });
}

/** Entries that the manifest refers to; the lists that it passes are checked on the way. */
function referencesOf(manifest: Manifest): string[] {
  switch (manifest.kind) {
    case 'request':
      checkTime('notAfter', manifest.notAfter);
      checkAscending(
        'to',
        manifest.to.map(({ key }) => key),
      );
      checkRepositories(manifest.repositories);
      return manifest.repositories.flatMap(referencesOfRequest);
    case 'response':
      checkRepositories(manifest.repositories);
      return manifest.repositories.flatMap(referencesOfResponse);
    case 'combined':
      checkAscending(
        'parts',
        manifest.parts.map(({ digest }) => digest),
      );
      for (const part of manifest.parts)
        if (part.manifest !== `files/${part.digest}`)
          throw refused('BUNDLE-REFERENCE', 'a part is not the manifest whose digest it names', {
            expected: `files/${part.digest}`,
            found: part.manifest,
          });
      checkAscending('metadata', manifest.metadata);
      return [...manifest.parts.flatMap((part) => [part.manifest, part.seal]), ...manifest.metadata];
  }
}

function checkRepositories(
  repositories: readonly { readonly dialect: string; readonly name: string }[],
): void {
  // No dialect and no name holds a NUL, so the order is that of (dialect, name).
  checkAscending(
    'repositories',
    repositories.map(({ dialect, name }) => `${dialect}\0${name}`),
  );
}

function referencesOfRequest(record: RepositoryRequest): string[] {
  const { name, supersedes, roots, base, serverKeys, changes, evidence, result } = record;
  checkAscending(`supersedes of ${name}`, supersedes);
  checkAscending(
    `base of ${name}`,
    base.map(({ role }) => role),
  );
  checkDistinct(`roots of ${name}`, roots);
  checkDistinct(
    `serverKeys of ${name}`,
    serverKeys.map(({ role }) => role),
  );
  checkDistinct(
    `evidence of ${name}`,
    evidence.map(({ role, target }) => `${role}\0${target}`),
  );
  checkDistinct(
    `result of ${name}`,
    result.map(({ role }) => role),
  );
  checkDistinct(
    `slots of ${name}`,
    result.flatMap(({ slots }) => slots.map(({ id }) => id)),
  );
  for (const { role, expires, signers } of result) {
    checkTime(`expires of ${name} ${role}`, expires);
    checkDistinct(
      `signers of ${name} ${role}`,
      signers.map(({ keyid }) => keyid),
    );
  }
  return [
    ...roots,
    ...base.flatMap(({ file }) => (file === null ? [] : [file])),
    ...serverKeys.map(({ key }) => key),
    changes,
    ...evidence.map(({ file }) => file),
    ...result.map(({ document }) => document),
  ];
}

function referencesOfResponse(record: RepositoryResponse): string[] {
  const { name, fills, marks, roles } = record;
  checkDistinct(
    `fills of ${name}`,
    fills.map(({ slot }) => slot),
  );
  checkDistinct(
    `marks of ${name}`,
    marks.roles.map(({ role }) => role),
  );
  checkDistinct(
    `roles of ${name}`,
    roles.map(({ role }) => role),
  );
  for (const { role, signatures } of roles)
    checkDistinct(
      `signatures of ${name} ${role}`,
      signatures.map(({ keyid }) => keyid),
    );
  return [
    ...fills.map(({ value }) => value),
    ...roles.flatMap(({ document }) => (document === null ? [] : [document])),
  ];
}

function checkAscending(where: string, keys: readonly string[]): void {
  const at = keys.findIndex((key, index) => index > 0 && compareUtf8(keys[index - 1] as string, key) >= 0);
  if (at > 0)
    throw orderFault('a list is not in its order, or holds something twice', where, keys[at] as string);
}

function checkDistinct(where: string, keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw orderFault('a list holds something twice', where, key);
    seen.add(key);
  }
}

function orderFault(message: string, where: string, key: string): Error {
  return refused('BUNDLE-ORDER', message, { found: key.replaceAll('\0', ' '), where });
}

function checkTime(where: string, time: string): void {
  try {
    parseTime(time);
  } catch (cause) {
    throw refused('BUNDLE-TIME', 'a time does not exist', {
      expected: 'a time of the calendar',
      found: time,
      where,
      cause,
    });
  }
}
