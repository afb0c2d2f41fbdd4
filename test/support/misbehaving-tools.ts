import dgram from 'node:dgram';
import dns from 'node:dns';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import tls from 'node:tls';
import { Worker } from 'node:worker_threads';
import zlib from 'node:zlib';
import { IsIn } from 'class-validator';
import { Tool } from '../../src/agent/tools/tool.decorator.js';
import { oddThrows } from './odd-throws.js';

const oops = (): never => {
  throw new Error('oops');
};

const thrower = (value: unknown) => (): never => {
  throw value;
};

/** A port without a listener. */
const NOBODY = 1;

/** Ways to end a process that its own code cannot notice. */
export const deadly: Readonly<Record<string, () => void>> = {
  abort: () => process.abort(),
};

/** Ways to have a process asked to end that no code of the process sees. */
export const ending: Readonly<Record<string, () => void>> = {
  'signal of its program': () => spawn('sh', ['-c', 'kill -TERM $PPID'], { stdio: 'ignore' }),
};

/** Errors that come up where nobody catches them. */
export const stray: Readonly<Record<string, () => unknown>> = {
  timeout: () => setTimeout(oops, 5),
  immediate: () => setImmediate(oops),
  interval: () => {
    const timer = setInterval(() => {
      clearInterval(timer);
      oops();
    }, 5);
  },
  'next tick': () => process.nextTick(oops),
  rejection: () => void Promise.reject(new Error('oops')),
  'rejection later': () => void new Promise((_, reject) => setTimeout(reject, 5, new Error('oops'))),
  'rejection in a timer': () => setTimeout(() => void Promise.resolve().then(oops), 5),
  emitter: () => setTimeout(() => new EventEmitter().emit('error', new Error('oops')), 5),
  'tcp socket': () => net.connect(NOBODY, '127.0.0.1'),
  'unix socket': () => net.connect({ path: '/nowhere/socket' }),
  'tls socket': () => tls.connect(NOBODY, '127.0.0.1'),
  'udp socket': () => dgram.createSocket('udp4').bind(NOBODY, '203.0.113.1'),
  server: () => net.createServer().listen(NOBODY, '203.0.113.1'),
  'http request': () => http.get(`http://127.0.0.1:${NOBODY}/`),
  'https request': () => https.get(`https://127.0.0.1:${NOBODY}/`),
  'http2 session': () => http2.connect(`http://127.0.0.1:${NOBODY}`),
  fetch: () => void fetch(`http://127.0.0.1:${NOBODY}/`),
  'file stream': () => fs.createReadStream('/nowhere/file'),
  process: () => spawn('/nowhere/program'),
  worker: () => new Worker('throw new Error("oops")', { eval: true }),
  'worker out of memory': () =>
    new Worker('const all = []; for (;;) all.push(new Array(100_000).fill(1));', {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 8 },
    }),
  'listener to a worker': () => new Worker('', { eval: true }).on('exit', oops),
  microtask: () => queueMicrotask(oops),
  exit: () => process.exit(0),
  'exit in a timer': () => setTimeout(() => process.exit(0), 5),
  'own signal': () => process.kill(process.pid, 'SIGTERM'),
  'rejection of nothing': () => void Promise.reject(),
  stream: () => new Readable({ read: () => setTimeout(() => undefined, 1) }).destroy(new Error('oops')),
  unzip: () => zlib.createGunzip().end('no zip'),
  'callback of a lookup': () => dns.lookup('127.0.0.1', oops),
  'callback of a file': () => fs.readFile('/nowhere/file', oops),
  ...Object.fromEntries(
    Object.entries(oddThrows).flatMap(([kind, value]) => [
      [`thrown later: ${kind}`, () => setTimeout(thrower(value), 5)],
      [`rejected later: ${kind}`, () => setTimeout(() => void Promise.resolve().then(thrower(value)), 5)],
    ]),
  ),
};

class Deadly {
  @IsIn(Object.keys(deadly))
  kind: string;
}

class Ending {
  @IsIn(Object.keys(ending))
  kind: string;
}

class Stray {
  @IsIn(Object.keys(stray))
  kind: string;
}

/** Tools that harm their process. */
export class MisbehavingTools {
  @Tool({ name: 'die', description: 'Ends the process.', parameters: Deadly })
  async die({ kind }: Deadly): Promise<string> {
    deadly[kind]?.();
    return await endlessly();
  }

  @Tool({ name: 'end', description: 'Has it asked to end.', parameters: Ending, timeoutMs: 12_000 })
  async end({ kind }: Ending): Promise<string> {
    ending[kind]?.();
    return await endlessly();
  }

  @Tool({ name: 'stray', description: 'Lets an error stray, and waits.', parameters: Stray })
  async stray({ kind }: Stray): Promise<string> {
    stray[kind]?.();
    return await endlessly();
  }

  @Tool({ name: 'leave', description: 'Leaves an error to come behind.', parameters: Stray })
  leave({ kind }: Stray): string {
    stray[kind]?.();
    return 'left';
  }
}

async function endlessly(): Promise<never> {
  return await new Promise<never>(() => undefined);
}
