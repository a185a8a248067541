import { createHash } from 'node:crypto';

const hashes = (bytes: Uint8Array) => ({
  hashes: { sha256: createHash('sha256').update(bytes).digest('base64') },
  length: bytes.length,
});
const file = (signed: object): Buffer => Buffer.from(JSON.stringify({ signed, signatures: [] }));

/** Files of one consistent published state; every role has the same version, and nothing is signed. */
export function stateFiles(version: number, delegations: readonly string[] = []): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  files.set('root', file({ _type: 'Root', version }));
  for (const role of ['targets', ...delegations]) files.set(role, file({ _type: 'Targets', role, version }));
  return sealState(files, version);
}

/** Adds the snapshot and timestamp that go with the files. */
export function sealState(files: ReadonlyMap<string, Buffer>, version: number): Map<string, Buffer> {
  const all = new Map(files);
  const meta = Object.fromEntries([...files].map(([role, bytes]) => [role, hashes(bytes)]));
  const snapshot = file({ _type: 'Snapshot', meta, version });
  all.set('snapshot', snapshot);
  all.set('timestamp', file({ _type: 'Timestamp', meta: { snapshot: hashes(snapshot) }, version }));
  return all;
}
