import { describe, expect, it } from 'vitest';
import { inspectPostmaster, isAlive, parsePostmasterFile } from './postmaster-file.js';

const whole = '4711\n/data\n1795474048\n55433\n\n127.0.0.1\n  2147678        16\nready   \n';

describe('postmaster.pid', () => {
  it('names the process, the port and the state', () => {
    expect(parsePostmasterFile(whole)).toEqual({ pid: 4711, port: 55_433, state: 'ready' });
    expect(parsePostmasterFile(whole.replace('ready   ', 'stopping'))?.state).toBe('stopping');
  });

  it('counts as starting while it is being written, whatever lines it has already', () => {
    for (let length = 5; length < whole.indexOf('ready'); length += 1) {
      expect(parsePostmasterFile(whole.slice(0, length))?.state).toBe('starting');
    }
  });

  it('names no process when it is empty or torn by a power cut', () => {
    expect(parsePostmasterFile('')).toBeNull();
    expect(parsePostmasterFile('\0\0\0\0\n\0')).toBeNull();
  });
});

describe('The process of a postmaster.pid', () => {
  it('is a stranger when its id belongs to another program', async () => {
    expect(await inspectPostmaster(process.pid, '/')).toBe(
      process.platform === 'linux' ? 'stranger' : 'serving',
    );
  });

  it('is gone when no process has its id', async () => {
    const free = 4_194_305; // Past Linux's highest.
    expect(isAlive(free)).toBe(false);
    expect(await inspectPostmaster(free, '/')).toBe('gone');
  });
});
