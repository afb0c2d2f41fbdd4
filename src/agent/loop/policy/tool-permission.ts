import type { ToolRules } from '../../../memory/tool-rules.js';

/** Whether a tool of this name may be used: all rules have to permit it. Pure. */
export function permits(rules: readonly ToolRules[], name: string): boolean {
  return rules.every(({ allow, deny }) => {
    const named = (pattern: string) => matches(pattern, name);
    return !deny.some(named) && (allow === null || allow.some(named));
  });
}

/**
 * Whether the name matches the pattern, in which `*` stands for any characters, or none. Pure. Never slow, whatever the
 * pattern: each part between two stars matches where it is found first, without backtracking.
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
