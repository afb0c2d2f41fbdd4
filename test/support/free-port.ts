import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port that is free, for a server that is started, or started again, later on. It is none of those that the
 * system gives to whoever asks for any port: so no other server and no connection of this run takes it meanwhile, and no
 * try to connect to it finds nobody but itself there.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const listens = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!listens) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
