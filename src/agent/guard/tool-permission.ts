import type { ToolRules } from '../../memory/tool-rules.js';

/** May a tool of this name be used? All of the rules have to permit it. Pure. */
export function permits(rules: readonly ToolRules[], name: string): boolean {
  return rules.every(({ allow, deny }) => {
    const named = (pattern: string) => matches(pattern, name);
    return !deny.some(named) && (allow === null || allow.some(named));
  });
}

/**
 * Is the name of this pattern, in which `*` stands for any characters, none among them? Pure. Never slow, whatever the
 * pattern: each part between two stars is taken where it is found first, and no choice is ever gone back on.
 */
export function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return name === pattern;
  if (name.length < head.length + tail.length) return false;
  if (!name.startsWith(head) || !name.endsWith(tail)) return false;
  let from = head.length;
  const until = name.length - tail.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1 || found + part.length > until) return false;
    from = found + part.length;
  }
  return true;
}
