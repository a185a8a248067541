/**
 * Untrusted text on a terminal: printable ASCII stays, everything else becomes visible.
 * Nothing is removed, because a removed sequence is removed evidence.
 */

/** Columns that a shown value may take before it is cut. */
const DEFAULT_COLUMNS = 120;

/** One code point as it is shown: itself, `\\`, or `\u{hex}`. */
function escapePoint(point: string): string {
  const code = point.codePointAt(0) ?? 0;
  if (point === '\\') return '\\\\';
  return code >= 0x20 && code <= 0x7e ? point : `\\u{${code.toString(16)}}`;
}

/** The whole text with every code point outside 0x20-0x7E as `\u{hex}` and backslashes doubled; never cut. */
export function escapeText(text: string): string {
  return /^[ -[\]-~]*$/.test(text) ? text : Array.from(text, escapePoint).join('');
}

/** Escapes and cuts at `max` columns; says how many code points are hidden. */
export function escapeCut(text: string, max = DEFAULT_COLUMNS): string {
  if (text.length <= max && escapeText(text).length <= max) return escapeText(text);
  const points = Array.from(text);
  const [head, used] = takeColumns(points, max);
  return `${head}...(+${String(points.length - used)})`;
}

/** A quoted value from outside: a name, a label, a message of a library. */
export function show(text: string, max = DEFAULT_COLUMNS): string {
  return `"${escapeCut(text, max)}"`;
}

/** A quoted path, cut in the middle: the head says where it is, the tail what it is. */
export function showPath(path: string, max = DEFAULT_COLUMNS): string {
  const points = Array.from(path);
  if (path.length <= max && escapeText(path).length <= max) return `"${escapeText(path)}"`;
  const [head, fromStart] = takeColumns(points, Math.floor(max / 2));
  const rest = points.slice(fromStart).reverse();
  const [, fromEnd] = takeColumns(rest, Math.ceil(max / 2));
  const tail = rest.slice(0, fromEnd).reverse().map(escapePoint).join('');
  const hidden = rest.length - fromEnd;
  return hidden === 0 ? `"${head}${tail}"` : `"${head}...(+${String(hidden)})...${tail}"`;
}

/** As many whole escaped code points as fit into `max` columns, and how many they are. */
function takeColumns(points: readonly string[], max: number): [text: string, used: number] {
  let text = '';
  let used = 0;
  for (const point of points) {
    const escaped = escapePoint(point);
    if (text.length + escaped.length > max) break;
    text += escaped;
    used += 1;
  }
  return [text, used];
}
