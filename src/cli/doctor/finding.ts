/** `failed`: the bot does not work so. `warning`: it works, and something will go wrong or be missed. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one look found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly about: string;
  readonly verdict: Verdict;
  /** What is so. */
  readonly says: string;
  /** What to do about it; null where nothing is to be done. */
  readonly todo: string | null;
}

/** Looks at one part of the deployment, from outside as the product would. A part that is down is a finding. */
export type Check = (signal: AbortSignal) => Promise<readonly Finding[]>;

/** Makes the findings about one thing. */
export function findingsAbout(about: string) {
  return {
    ok: (says: string): Finding => ({ about, verdict: 'ok', says, todo: null }),
    skipped: (says: string): Finding => ({ about, verdict: 'skipped', says, todo: null }),
    warning: (says: string, todo: string): Finding => ({ about, verdict: 'warning', says, todo }),
    failed: (says: string, todo: string): Finding => ({ about, verdict: 'failed', says, todo }),
  };
}

const ABOUT_WIDTH = 11;

/** For the terminal: a line, and one more for what to do. */
export function linesOf({ about, verdict, says, todo }: Finding): string[] {
  const first = `${verdict.padEnd(8)} ${about.padEnd(ABOUT_WIDTH)} ${says}`;
  return todo === null ? [first] : [first, `${' '.repeat(ABOUT_WIDTH + 10)}-> ${todo}`];
}
