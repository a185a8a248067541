/** Digits that begin at `at`, and how many zeros lead them. */
function numberAt(text: string, at: number): { end: number; zeros: number; digits: string } {
  const [all = ''] = /^[0-9]+/.exec(text.slice(at)) ?? [];
  const digits = all.replace(/^0+/, '');
  return { end: at + all.length, zeros: all.length - digits.length, digits };
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/**
 * Natural order of tags as Docker's client sorts them (sortorder.NaturalLess): numbers by their value, digits before
 * all else, capitals before small letters. Negative, zero or positive, as sort functions expect.
 */
export function compareNaturally(a: string, b: string): number {
  let at = 0;
  // Both texts are the same up to here, number by number and zeros included, so one place serves for both.
  while (at < a.length && at < b.length) {
    const [one, other] = [a[at] as string, b[at] as string];
    if (isDigit(one) !== isDigit(other)) return isDigit(one) ? -1 : 1;
    if (isDigit(one)) {
      const [x, y] = [numberAt(a, at), numberAt(b, at)];
      if (x.digits.length !== y.digits.length) return x.digits.length - y.digits.length;
      if (x.digits !== y.digits) return x.digits < y.digits ? -1 : 1;
      if (x.zeros !== y.zeros) return x.zeros - y.zeros;
      at = x.end;
    } else if (one !== other) {
      return Buffer.compare(Buffer.from(a), Buffer.from(b));
    } else {
      at += 1;
    }
  }
  return a.length - b.length;
}
