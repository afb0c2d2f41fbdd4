import { type Browser, launch } from 'puppeteer';
import { findProgram } from './find-program.js';
import { describeWithProgram } from './needed-program.js';

/** Debian's name first, then those of other systems. */
const findChromium = () =>
  findProgram('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');

/** `describe` for suites that need a browser: skipped without one, or failing with REQUIRE_SERVICES=1. */
export function describeWithBrowser(name: string, suite: () => void): void {
  describeWithProgram(name, 'chromium', findChromium(), suite);
}

/** Starts the system's Chromium, which reaches this machine only. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no chromium on the PATH');
  // Chromium refuses to run as root inside its sandbox.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await launch({
    executablePath,
    args: [...sandbox, '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}
