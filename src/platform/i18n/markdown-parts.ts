/** Lines of a list. */
export function listed(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Lines with their numbers. */
export function numbered(lines: readonly string[]): string {
  return lines.map((line, index) => `${index + 1}. ${line.replaceAll(/\s+/g, ' ')}`).join('\n');
}

/** Parts with a blank line between them. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.join('\n\n');
}
