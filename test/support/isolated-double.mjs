// What a process for one run of a suspect says to its parent, and how it ends: its arguments, one after the other. One that
// begins with a slash is a file that it writes.
import { writeFileSync } from 'node:fs';

const script = process.argv.slice(2);
const say = (message) => new Promise((resolve) => process.send(message, resolve));
const handedBack = { kind: 'ended', outcome: { lane: { next: 'now' }, replied: false } };

process.on('SIGTERM', () => undefined);
process.on('message', (message) => void (message.kind === 'stop' ? stop() : play(message)));
if (script[0] === 'absent') process.exit(1);
await say({ kind: 'ready' });

async function play(run) {
  for (const word of script) {
    if (word === 'abort') process.kill(process.pid, 'SIGABRT');
    if (word === 'exit') process.exit(0);
    if (word === 'wait') await new Promise(() => setInterval(() => {}, 1_000));
    if (word === 'ended') await say({ kind: 'ended', outcome: { lane: { next: 'none' }, replied: true } });
    if (word === 'broken') await say({ kind: 'broken', error: `no database for ${run.turnId}` });
    if (word === 'begun') await say({ kind: 'begun' });
    if (word.startsWith('/')) writeFileSync(word, '');
  }
}

async function stop() {
  if (script.includes('hand back')) await say(handedBack);
  process.exit(0);
}
