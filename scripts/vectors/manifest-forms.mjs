import {
  answered,
  combined,
  contents,
  declined,
  DESK,
  firstRoot,
  refreshed,
  request,
  response,
  sha256,
  VAULT,
} from './material.mjs';

/** Ways to make a bundle whose seal verifies over a manifest that must be refused all the same. */
export function formsOf(writer, lib) {
  const sealed = (kind, bytes, files) =>
    writer.tar(writer.entriesOf({ kind, bytes, files, key: kind === 'request' ? DESK : VAULT }));
  /** A response whose manifest's text was changed before it was sealed. */
  const text = (change) => {
    const { files } = contents();
    const before = writer.manifestBytes(response([declined()]), files).toString('latin1');
    const after = change(before);
    if (after === before) throw new Error('nothing was changed');
    return sealed('response', Buffer.from(after, 'latin1'), files);
  };
  const swap = (from, to) => text((before) => before.replace(from, to));
  /** A bundle whose manifest was changed before its list of files was made and sealed. */
  const made = (kind, base) => (change) => {
    const { files, add } = contents();
    const manifest = base(add);
    const changed = change(manifest, add) ?? manifest;
    return sealed(kind, writer.manifestBytes(changed, files), files);
  };
  const asked = made('request', (add) => request([refreshed(add)]));
  const first = made('request', (add) => request([firstRoot(add)]));
  const said = made('response', (add) => response([answered(add)]));
  const part = (add, name) => ({ digest: sha256(name), manifest: add(name), seal: add(`seal of ${name}`) });
  const joined = made('combined', (add) =>
    combined([part(add, 'a'), part(add, 'b')].sort((x, y) => (x.digest < y.digest ? -1 : 1))),
  );
  /** A response whose list of files was changed, and whose entries follow the list. */
  const listed = (change) => {
    const { files, add } = contents();
    const manifest = response([answered(add)]);
    const bytes = lib.canonicalBytes({ ...manifest, files: change(writer.filesOf(files)) });
    const [head, seal, ...rest] = writer.entriesOf({ kind: 'response', bytes, files, key: VAULT });
    const byName = new Map(rest);
    const order = JSON.parse(bytes.toString('utf8')).files.map(({ name }) => [
      name,
      byName.get(name) ?? Buffer.alloc(0),
    ]);
    return writer.tar([head, seal, ...order]);
  };
  return { text, swap, asked, first, said, joined, listed };
}

/** Hostile vectors of one check and rule. */
export const refusing = (check, rule, prefix) => (file, title, content) => ({
  file: `${prefix}-${file}`,
  bytes: content,
  rule,
  title,
  expect: { check },
});
