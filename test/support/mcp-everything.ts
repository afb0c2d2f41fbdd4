import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** The official server that has one tool of each kind: @modelcontextprotocol/server-everything. */
const MAIN = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** Output of it in place of messages, and elsewhere. */
const NOISE = `console.log('no message'); console.error('a word to the operator');`;

/** Writes its process id, and becomes that server unless it is blocked. */
const WITH_PID = `${NOISE}
const fs = require('node:fs');
fs.writeFileSync(process.env.PID_FILE, String(process.pid));
const begin = () => fs.existsSync(process.env.PID_FILE + '.barred') ? setTimeout(begin, 20) : import(process.env.MAIN);
begin();`;

/** A folder for the files of one test: the configured servers, and their process ids. */
export class McpFolder {
  private constructor(private readonly path: string) {}

  static async make(): Promise<McpFolder> {
    return new McpFolder(await mkdtemp(join(tmpdir(), 'turnpike-mcp-')));
  }

  /** Writes a file of servers. @returns its path */
  async file(mcpServers: object, name = 'mcp.json'): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, JSON.stringify({ mcpServers }));
    return path;
  }

  /** That server over stdio; `pid` finds its process by the same name. */
  stdio(name = 'child'): { command: string; args: string[]; env: Record<string, string> } {
    return {
      command: process.execPath,
      args: ['-e', WITH_PID],
      env: { MAIN, PID_FILE: join(this.path, `${name}.pid`) },
    };
  }

  async pid(name = 'child'): Promise<number> {
    return await eventually(async () => {
      const pid = Number(await readFile(join(this.path, `${name}.pid`), 'utf8'));
      if (!(pid > 0)) throw new Error('no process yet');
      return pid;
    });
  }

  /** Keeps the server of that name from answering, from its next start on. */
  async bar(name = 'child'): Promise<void> {
    await writeFile(join(this.path, `${name}.pid.barred`), '');
  }

  async unbar(name = 'child'): Promise<void> {
    await rm(join(this.path, `${name}.pid.barred`));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Whether the process runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** That server over streamable HTTP. */
export class EverythingOverHttp {
  private child: ChildProcess | null = null;

  private constructor(private readonly port: number) {}

  static async start(): Promise<EverythingOverHttp> {
    const server = new EverythingOverHttp(await freePort());
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    const child = spawn(process.execPath, [MAIN, 'streamableHttp'], {
      env: { PATH: process.env.PATH, PORT: String(this.port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(() => {
      if (!said.includes('listening')) throw new Error(`it does not listen: ${said}`);
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}
