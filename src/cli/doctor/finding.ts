/** `failed`: the bot does not work. `warning`: it works, but will have trouble. */
type DoctorVerdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** The result of one check. */
export interface Finding {
  /** The checked part, in a word or two. */
  readonly about: string;
  readonly verdict: DoctorVerdict;
  /** The observation. */
  readonly says: string;
  /** The remedy; null if none is needed. */
  readonly todo: string | null;
}

/** Checks one part of the deployment, from outside as the product would. A part that is down is a finding. */
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

/** For the terminal: a line, and one more for the remedy. */
export function linesOf({ about, verdict, says, todo }: Finding): string[] {
  const first = `${verdict.padEnd(8)} ${about.padEnd(ABOUT_WIDTH)} ${says}`;
  return todo === null ? [first] : [first, `${' '.repeat(ABOUT_WIDTH + 10)}-> ${todo}`];
}
