import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { inspectPostmaster, readPostmasterFile } from '../../src/platform/database/postmaster-file.js';
import { eventually } from './eventually.js';

/** A busy machine needs long for a start. */
const patience = { withinMs: 50_000 };

/** The program as a shell starts it, with its output and its end. */
export class MainProcess {
  output = '';
  errors = '';
  private readonly exit: Promise<unknown[]>;

  private constructor(readonly child: ChildProcess) {
    this.exit = once(child, 'exit');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  /** @param main the program's file */
  static start(main: string, env: Environment, folder: string): MainProcess {
    return new MainProcess(spawn(process.execPath, [main], { cwd: folder, env: environment(env) }));
  }

  /** By `npm start`, of a package in `folder` with this script. */
  static async startByNpm(main: string, env: Environment, folder: string): Promise<MainProcess> {
    const start = [process.execPath, main].map((word) => JSON.stringify(word)).join(' ');
    await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { start } }));
    return MainProcess.startScript('start', env, folder);
  }

  /** By `npm run`, of the package in `folder`. */
  static startScript(script: string, env: Environment, folder: string): MainProcess {
    return new MainProcess(
      spawn('npm', ['run', script, '--silent'], { cwd: folder, env: environment(env), detached: true }),
    );
  }

  /** A log line with this `msg`, once it is printed; rejects when the process ends without it. */
  async line(msg: string): Promise<Record<string, unknown>> {
    const death = this.exit.then(() => this.find(msg));
    return Promise.race([death, eventually(() => this.find(msg), patience)]);
  }

  private find(msg: string): Record<string, unknown> {
    const lines = this.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    const found = lines.map((line): Record<string, unknown> => JSON.parse(line));
    const line = found.find((entry) => entry['msg'] === msg);
    if (!line) throw new Error(`no line "${msg}" in: ${this.output}\n${this.errors}`);
    return line;
  }

  /** Its address, once it listens. */
  async url(): Promise<string> {
    return String((await this.line('listening'))['url']);
  }

  /** Its end: the exit code, or the signal that ended it. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.exit;
    return code ?? signal;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await this.exit;
  }
}

/** A folder of one test's own for an embedded database. */
export class EmbeddedFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<EmbeddedFolder> {
    return new EmbeddedFolder(await mkdtemp(join(tmpdir(), 'turnpike-e2e-')));
  }

  /** Whether a PostgreSQL serves it. */
  async isServed(): Promise<boolean> {
    const data = join(this.path, 'data', 'postgres', 'data');
    const file = await readPostmasterFile(data);
    return file !== null && (await inspectPostmaster(file.pid, data)) === 'serving';
  }

  /** Settings with which a process runs everything embedded in it, at any port. */
  env(more: Environment = {}): Environment {
    return { PORT: '0', LOG_PRETTY: 'false', DATA_DIR: join(this.path, 'data'), ...more };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Only the paths of programs from this process's own settings. */
function environment(env: Environment): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, ...env };
}
