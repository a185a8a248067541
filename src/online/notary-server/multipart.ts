import { randomBytes } from 'node:crypto';

export interface Multipart {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * The upload form of notary-server: one part a role, named by `filename` with its slashes, nothing behind the
 * file's bytes (the server keeps what it read). Built by hand: form libraries strip or encode the slash. No files
 * at all is the closing boundary alone, which makes the server sign snapshot and timestamp anew.
 */
export function uploadForm(files: ReadonlyMap<string, Uint8Array>): Multipart {
  const boundary = `countersign-${randomBytes(24).toString('hex')}`;
  const parts: Uint8Array[] = [];
  for (const [role, bytes] of files) {
    const disposition = `Content-Disposition: form-data; name="files"; filename="${role}"`;
    const head = `--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
    parts.push(Buffer.from(head), bytes, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}
