/** Cuts a text to a number of UTF-16 units, between characters, with a sign that something is missing. */
export function clip(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}

/** Cuts a text into pieces of at most so many UTF-16 units, at the ends of lines where there are any. */
export function pieces(text: string, length: number): readonly string[] {
  const found: string[] = []
  for (let rest = text; rest !== ''; ) {
    if (rest.length <= length) return [...found, rest]
    const lineEnd = rest.lastIndexOf('\n', length - 1) + 1
    let end = lineEnd > 0 ? lineEnd : length
    // Never between the halves of a character, nor within an escape such as `&amp;`.
    end -= /[\uD800-\uDBFF]$|&[a-z]{0,3}$/.exec(rest.slice(0, end))?.[0].length ?? 0
    found.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return found
}

/** Without control characters, which move the cursor of a terminal and take six times their place in JSON. */
export function plain(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}
