import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

const TYPES: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 };

/** A name's records, for one question of each type after the other; the last answer is repeated. */
type Answers = readonly (readonly string[])[];

/** A DNS server over UDP that knows the given names, and does not answer for some of them. */
export class DnsDouble {
  /** Every question, e.g. `A public.example`. */
  readonly asked: string[] = [];
  private readonly names = new Map<string, Answers>();
  private readonly silent = new Set<string>();

  private constructor(private readonly socket: Socket) {
    socket.on('message', (query, { port, address }) => {
      const answer = this.answer(query);
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(): Promise<DnsDouble> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsDouble(socket);
  }

  /** In the form of `Resolver.setServers`. */
  get server(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  /** From now on the name has these addresses; with several lists, the first question gets the first of them. */
  tell(name: string, ...answers: Answers): void {
    this.names.set(name, answers);
  }

  keepSilent(name: string): void {
    this.silent.add(name);
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private answer(query: Buffer): Buffer | null {
    const { name, end } = readName(query, 12);
    const family = TYPES[query.readUInt16BE(end)];
    const question = `${family === 6 ? 'AAAA' : 'A'} ${name}`;
    const before = this.asked.filter((asked) => asked === question).length;
    this.asked.push(question);
    if (this.silent.has(name)) return null;
    const answers = this.names.get(name);
    const found = (answers?.[before] ?? answers?.at(-1) ?? []).filter((address) => isIP(address) === family);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(answers ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found.length, 6);
    const records = found.map((address) => record(query.subarray(end, end + 2), bytesOf(address)));
    return Buffer.concat([header, query.subarray(12, end + 4), ...records]);
  }
}

function readName(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A record about the name of the question, valid for 0 s. */
function record(type: Buffer, data: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  return Buffer.concat([Buffer.from([0xc0, 12]), type, Buffer.from([0, 1, 0, 0, 0, 0]), length, data]);
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const words = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}
