import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { EverythingOverHttp, isAlive, McpFolder } from '../support/mcp-everything.js';
import type { ModelCall } from '../support/model-call.js';
import { newChatId, pressUpdate } from '../support/updates.js';

const toolResults = (call: ModelCall | undefined) =>
  (call?.messages ?? []).flatMap(({ role, content }) => (role === 'tool' ? [content] : []));

describeOnEachBackend('Tools of MCP servers', (backend) => {
  let world: World;
  let folder: McpFolder;
  let http: EverythingOverHttp;

  beforeAll(async () => {
    folder = await McpFolder.make();
    http = await EverythingOverHttp.start();
    const file = await folder.file({
      local: { ...folder.stdio(), requiresApproval: ['get-sum'] },
      remote: { url: http.url },
      down: { url: 'http://127.0.0.1:9/mcp' },
      missing: { command: '/no/such/program' },
    });
    world = await World.start(backend, { MCP_CONFIG_FILE: file });
  });
  afterAll(async () => {
    await world.stop();
    await http.kill();
    await folder.remove();
  });

  const offered = (call: ModelCall | undefined) => call?.tools.map((tool) => tool.function.name) ?? [];

  const stateOf = async (chat: number): Promise<string | undefined> => {
    const [turn] = await world.sql<{ state: string }>(
      'SELECT t.state FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.chat_id = $1',
      [chat],
    );
    return turn?.state;
  };

  /** The model uses a tool, and reports the result. */
  const script = (chat: number, name: string, given: object) =>
    world.model.script(`[${chat}]`, { calls: [{ name, arguments: given }] }, { text: `[${chat}] done` });

  it('delay no turn without them, and servers that are down do not delay readiness', async () => {
    const chat = newChatId();
    await supertest(world.app.url).get('/health/ready').expect(200);
    await world.sayAndRead(chat, `[${chat}] hello`);
    expect(offered(world.model.callsAbout(`[${chat}]`)[0])).toContain('calculate');
  });

  it.each(['local', 'remote'])('are used in a turn: %s', async (server) => {
    const chat = newChatId();
    script(chat, `${server}_echo`, { message: 'hello' });
    expect(await world.sayAndRead(chat, `[${chat}] echo`)).toBe(`[${chat}] done`);
    const [, second] = world.model.callsAbout(`[${chat}]`);
    expect(toolResults(second)).toEqual([
      expect.stringMatching(new RegExp(`^Between the marks: .*"${server}".*\n=== .*\nEcho: hello\n===`)),
    ]);
    expect(offered(second)).toEqual(offered(second).toSorted());
    expect(offered(second)).toContain(`${server}_get-sum`);
    const steps = await world.sql<{ name: string; error: string | null }>(
      `SELECT s.name, s.error FROM steps s JOIN turns t ON t.id = s.turn_id
       JOIN conversations c ON c.id = t.conversation_id WHERE c.chat_id = $1 AND s.kind = 'tool'`,
      [chat],
    );
    expect(steps).toEqual([{ name: `${server}_echo`, error: null }]);
  });

  it('are reported to the model as unavailable while their server is down', async () => {
    const chat = newChatId();
    script(chat, 'down_echo', { message: 'hello' });
    expect(await world.sayAndRead(chat, `[${chat}] echo`)).toBe(`[${chat}] done`);
    expect(toolResults(world.model.callsAbout(`[${chat}]`)[1])).toEqual([
      expect.stringMatching(/^down_echo cannot be called now.*"down" is not connected.*calculate/),
    ]);
  });

  it.each(['local', 'remote'])('end with a /stop: %s', async (server) => {
    const chat = newChatId();
    script(chat, `${server}_trigger-long-running-operation`, { duration: 600 });
    await world.say(chat, `[${chat}] long`);
    await eventually(() => expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(1));
    expect(await world.sayAndRead(chat, '/stop')).toBe('Stopped.');
    expect(await world.sayAndRead(chat, `[${chat}0] next`)).toBe(`Echo: [${chat}0] next`);
  });

  it('are called with a person’s approval, which survives a restart of everything', async () => {
    const chat = newChatId();
    script(chat, 'local_get-sum', { a: 2, b: 40 });
    const pid = await folder.pid();
    expect(await world.sayAndRead(chat, `[${chat}] add`)).toContain('local_get-sum');
    const asked = world.telegram.callsOf('sendMessage', chat).at(-1);
    await world.stopApp();
    expect(isAlive(pid)).toBe(false);
    const [, data = ''] = /"callback_data":"([^"]*:yes:[^"]*)"/.exec(JSON.stringify(asked?.params)) ?? [];
    await world.startApp({ APP_ROLE: 'web' });
    await world.post(pressUpdate(chat, data)).expect(200);
    // The turn continues before the server answers.
    await folder.bar();
    await world.startApp({ APP_ROLE: 'worker' });
    await eventually(async () => expect(await stateOf(chat)).toBe('running'));
    await folder.unbar();
    expect(await world.lastOf(chat, 2)).toBe(`[${chat}] done`);
    expect(toolResults(world.model.callsAbout(`[${chat}]`)[1])).toEqual([
      expect.stringContaining('The sum of 2 and 40 is 42.'),
    ]);
  });

  it('leave no process behind after a kill -9', async () => {
    const file = await folder.file({ own: folder.stdio('own') }, 'own.json');
    const child = await startChildApp(world.env({ MCP_CONFIG_FILE: file, APP_ROLE: 'worker' }));
    const pid = await folder.pid('own');
    expect(isAlive(pid)).toBe(true);
    await child.kill();
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});
