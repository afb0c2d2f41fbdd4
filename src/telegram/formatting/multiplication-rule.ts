import type { StateInline } from 'markdown-it';

const ALPHANUMERIC = /^[0-9A-Za-z]$/;

/**
 * A markdown-it inline rule that keeps a single `*` between two letters or digits: CommonMark would read `2*3*4` as
 * `2`, an emphasized `3`, and `4`, and the answer would say 234.
 */
export function multiplicationRule(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  if (src[pos] !== '*' || !isAlphanumeric(src[pos - 1]) || !isAlphanumeric(src[pos + 1])) return false;
  if (!silent) state.pending += '*';
  state.pos = pos + 1;
  return true;
}

function isAlphanumeric(character: string | undefined): boolean {
  return character !== undefined && ALPHANUMERIC.test(character);
}
