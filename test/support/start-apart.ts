import type { World } from './app.js';

/** Starts the product so that one process receives requests, and one of two others runs a turn. */
export async function startApart(world: World): Promise<void> {
  await world.startApp({ APP_ROLE: 'web' });
  await Promise.all([world.startApp({ APP_ROLE: 'worker' }), world.startApp({ APP_ROLE: 'worker' })]);
}
