import { readFileSync } from 'node:fs';
import { IsInt, IsNotEmpty, IsOptional, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../platform/config/variable.js';
import { messageOf } from '../../platform/errors/errors.js';

const builtInPrompt = [
  'You are a helpful assistant in a chat.',
  'Answer in the language of the user, briefly and to the point; use Markdown where it helps.',
  'Use your tools when they give a better answer than you could from memory, and say so when you cannot do something.',
].join(' ');

export class AgentSettings {
  @FromEnv('AGENT_SYSTEM_PROMPT', {
    description: 'who the agent is',
    example: 'You are the help desk of Example Ltd.',
  })
  @IsNotEmpty()
  systemPrompt = builtInPrompt;

  @FromEnv('AGENT_SYSTEM_PROMPT_FILE', {
    description: 'a file with the system prompt; wins over AGENT_SYSTEM_PROMPT',
    example: './prompt.md',
  })
  @IsOptional()
  @IsNotEmpty()
  systemPromptFile?: string;

  /** The prompts of bots with their own, by channel. */
  promptsOfBots: ReadonlyMap<string, string> = new Map();

  @FromEnv('AGENT_MAX_STEPS', { description: 'model calls in one turn', example: '8', parse: integer })
  @IsInt()
  @Min(1)
  @Max(100)
  maxSteps = 8;

  @FromEnv('AGENT_TURN_TIMEOUT_MS', {
    description: 'a turn’s whole time, in milliseconds',
    example: '120000',
    parse: integer,
  })
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  turnTimeoutMs = 120_000;

  /** The system prompt of a channel, if the conversation has none. */
  promptIn(channel: string): string {
    return this.promptsOfBots.get(channel) ?? this.systemPrompt;
  }
}

/** @returns the faults of AGENT_SYSTEM_PROMPT_FILE */
export function readPromptFile(agent: AgentSettings): string[] {
  if (!agent.systemPromptFile) return [];
  try {
    agent.systemPrompt = readFileSync(agent.systemPromptFile, 'utf8');
    return [];
  } catch (error) {
    return [`AGENT_SYSTEM_PROMPT_FILE cannot be read: ${messageOf(error)} (for example ./prompt.md)`];
  }
}
