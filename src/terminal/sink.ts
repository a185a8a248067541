/** The last line of defence (R9): what leaves as text is printable ASCII and line feeds, whoever wrote it. */

/** Every code point outside 0x20-0x7E and LF becomes `\u{hex}`; what is plain already stays as it is. */
export function plain(text: string): string {
  if (/^[\n -~]*$/.test(text)) return text;
  return Array.from(text, (point) => {
    const code = point.codePointAt(0) ?? 0;
    return point === '\n' || (code >= 0x20 && code <= 0x7e) ? point : `\\u{${code.toString(16)}}`;
  }).join('');
}

/** JSON for a terminal or a program: one document, two spaces, every code unit outside ASCII as `\u` and four digits. */
export function asciiJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Writes text, ending in a line feed, through {@link plain}. */
export function writeText(stream: NodeJS.WritableStream, text: string): void {
  stream.write(plain(text.endsWith('\n') || text === '' ? text : `${text}\n`));
}

/**
 * Sends everything that any code writes to the stream through {@link plain}, warnings of Node and of libraries
 * included. A reader that went away (`| head`) is not an error.
 */
export function guardStream(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (text: string, done?: (error?: Error | null) => void) => boolean;
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
    return write(plain(text), typeof encoding === 'function' ? encoding : done);
  };
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
