import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, SECRET, World } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { McpFolder } from '../support/mcp-everything.js';
import { listed, OddMcpServer } from '../support/odd-mcp-server.js';
import { failures } from '../support/telegram-double.js';
import { newChatId } from '../support/updates.js';

const MODEL_KEY = 'sk-a/secret+key:of=the~model';
const MCP_KEY = 'mcp-key/of+the:server';

/** In the form in which servers and libraries quote it. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(encodeURIComponent(secret)).replaceAll(/%[0-9A-F]+/g, (hex) => hex.toLowerCase()),
  Buffer.from(secret).toString('base64'),
  Buffer.from(`user:${secret}`).toString('base64url'),
];
const quoted = (secret: string): string => `not "${formsOf(secret).join('", "')}"`;

describe('A secret that another server quotes', () => {
  let world: World;
  let mcp: OddMcpServer;
  let folder: McpFolder;

  beforeAll(async () => {
    mcp = await OddMcpServer.start();
    mcp.pages = [[listed('tell'), listed('refuse')]];
    folder = await McpFolder.make();
    const headers = { Authorization: `Bearer ${MCP_KEY}` };
    world = await World.start('postgresql', {
      OPENAI_API_KEY: MODEL_KEY,
      MCP_CONFIG_FILE: await folder.file({ odd: { url: mcp.url, headers, repeatable: true } }),
      APPROVAL_OUTSIDE_TEXT: 'false',
    });
  });

  afterAll(async () => {
    await world.stop();
    await mcp.close();
    await folder.remove();
  });

  /** Every row of every table as text, the queue's own included. */
  async function allRows(): Promise<string> {
    const tables = await world.sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    const texts = await Promise.all(
      tables.map(async ({ name }) => {
        const rows = await world.sql<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
        return rows.map(({ row }) => `${name}: ${row}`);
      }),
    );
    return texts.flat().join('\n');
  }

  it('is stored by no table and shown by no admin call', async () => {
    const [model, telegram, tool, refusal] = [newChatId(), newChatId(), newChatId(), newChatId()];
    world.model.script(`[${model}]`, { status: 401, message: quoted(MODEL_KEY) });
    const description = quoted(world.telegram.token) + quoted(SECRET);
    world.telegram.failNext({
      method: 'sendMessage',
      chat: telegram,
      with: failures.badRequest(description),
    });
    mcp.handle = () => ({ content: [{ type: 'text', text: quoted(MCP_KEY) }] });
    for (const chat of [tool, refusal])
      world.model.script(`[${chat}]`, { calls: [{ name: 'odd_tell', arguments: {} }] }, { text: 'told' });

    await world.say(model, `[${model}] hello`);
    await world.say(telegram, `[${telegram}] hello`);
    expect(await world.sayAndRead(tool, `[${tool}] hello`)).toBe('told');
    mcp.handle = () => ({ isError: true, content: [{ type: 'text', text: quoted(MCP_KEY) }] });
    expect(await world.sayAndRead(refusal, `[${refusal}] hello`)).toBe('told');

    const letters = await eventually(async () => {
      const found = [...(await world.deadLetters(model)), ...(await world.deadLetters(telegram))];
      expect(found).toHaveLength(2);
      return found;
    });
    const answered = [];
    for (const path of [
      'turns?limit=200',
      'dead-letters?limit=200',
      ...letters.map(({ id }) => `dead-letters/${id}`),
      ...(await world.sql<{ id: string }>('SELECT id FROM turns')).map(({ id }) => `turns/${id}`),
    ])
      answered.push(JSON.stringify((await world.admin(path).expect(200)).body));
    const shown = [await allRows(), ...answered].join('\n');
    expect(shown.includes('model answered 401: 401 not \\"[redacted]\\", \\"[redacted]\\"')).toBe(true);
    expect(shown.split('[redacted]').length).toBeGreaterThan(20);
    const secrets = [MODEL_KEY, MCP_KEY, SECRET, ADMIN_KEY, world.telegram.token];
    const forms = secrets.flatMap(formsOf).map((form) => form.replace(/=+$/, ''));
    expect(forms.filter((form) => shown.includes(form))).toEqual([]);
  });
});
