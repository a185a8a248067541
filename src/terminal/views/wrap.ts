/** Columns of every screen that the program writes. */
export const COLUMNS = 80;

/** Breaks escaped text into lines of at most `width` columns, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let rest = paragraph;
    while (rest.length > width) {
      const space = rest.lastIndexOf(' ', width);
      const end = space > 0 ? space : width;
      lines.push(rest.slice(0, end));
      rest = space > 0 ? rest.slice(end + 1) : rest.slice(end);
    }
    lines.push(rest);
  }
  return lines;
}

/** Wraps text behind a label; further lines are indented to where the text began. */
export function wrapBehind(label: string, text: string, width = COLUMNS): string[] {
  const indent = ' '.repeat(label.length);
  return wrap(text, Math.max(20, width - label.length)).map((line, at) => (at === 0 ? label : indent) + line);
}
