import type { World } from './app.js';

/** Starts the product so that a request goes to one process, and a turn runs in one of two others. */
export async function startApart(world: World): Promise<void> {
  await world.startApp({ APP_ROLE: 'web' });
  await Promise.all([world.startApp({ APP_ROLE: 'worker' }), world.startApp({ APP_ROLE: 'worker' })]);
}
