import type { Intent } from './intent.js';
import type { Language } from './language.js';

type ToolIntent = Extract<Intent, { kind: 'tool' }>;

/** The demo model's phrases in one language. */
interface Wording {
  readonly help: string;
  readonly echo: (quoted: string, seen: number) => string;
  readonly toolMissing: (tool: string) => string;
  readonly several: (count: number) => string;
  readonly outcome: (intent: ToolIntent, result: string) => string;
}

export const wordings: Readonly<Record<Language, Wording>> = {
  en: {
    help: [
      "Hello! I'm Turnpike's demo model, not a real one: I follow a few simple rules, so that you can try the way of a message without a key.",
      '',
      'Try one of these:',
      '- `what time is it in Tokyo?`',
      '- `12*(3+4)`',
      '- `remember that I like tea`, then `what do you know about me?`',
      '- `forget that I like tea`',
      '- `search tea`',
      '- several messages, quickly one after the other',
      '',
      'For real answers set **OPENAI_API_KEY**, or **OPENAI_BASE_URL** for a model of your own.',
    ].join('\n'),
    echo: (quoted, seen) => {
      const count = seen === 1 ? 'your first message' : `${seen} messages of yours`;
      return `You said ${quoted}. I am only a demo and saw ${count} so far; say **help** for what I can do.`;
    },
    toolMissing: (tool) => `I would need the tool ${tool}, and was not given it.`,
    several: (count) => `You sent ${count} messages; here is one answer to all of them:`,
    outcome: ({ tool, arguments: given }, result) => {
      switch (tool) {
        case 'current_time':
          return given['timeZone'] ? `In ${given['timeZone']} it is **${result}**.` : `It is **${result}**.`;
        case 'calculate':
          return `\`${given['expression'] ?? ''}\` is **${result}**.`;
        case 'recall':
          return `This is what I know:\n${result}`;
        case 'search_history':
          return `I searched for “${given['query'] ?? ''}”:\n${result}`;
        default:
          return ended(result);
      }
    },
  },
  de: {
    help: 'Hallo! Ich bin das Demo-Modell von Turnpike und kein richtiges: Ich folge ein paar einfachen Regeln. Was ich kann, sage ich auf Englisch: **help**.',
    echo: (quoted) =>
      `Du hast geschrieben: ${quoted}. Ich bin nur ein Demo-Modell und verstehe davon nichts; was ich kann, sagt dir **help**.`,
    toolMissing: (tool) => `Dafür bräuchte ich das Werkzeug ${tool}, und das habe ich nicht bekommen.`,
    several: (count) => `Du hast ${count} Nachrichten geschickt; hier ist eine Antwort auf alle:`,
    outcome: ({ tool, arguments: given }, result) => {
      switch (tool) {
        case 'current_time':
          return `Dort ist es jetzt **${result}**.`;
        case 'calculate':
          return `Das Ergebnis von \`${given['expression'] ?? ''}\` ist **${result}**.`;
        case 'recall':
          return `Das weiß ich über dich:\n${result}`;
        case 'remember':
          return `Das habe ich mir gemerkt: ${given['fact'] ?? ''}`;
        case 'search_history':
          return `Das habe ich zu „${given['query'] ?? ''}“ gefunden:\n${result}`;
        default:
          return `Das Werkzeug sagt dazu: ${ended(result)}`;
      }
    },
  },
  es: {
    help: '¡Hola! Soy el modelo de demostración de Turnpike, no uno de verdad: sigo unas reglas sencillas. Lo que sé hacer lo digo en inglés: **help**.',
    echo: (quoted) =>
      `Has escrito: ${quoted}. Soy solo un modelo de demostración y no lo entiendo; escribe **help** para ver lo que sé hacer.`,
    toolMissing: (tool) => `Para eso necesitaría la herramienta ${tool}, y no me la han dado.`,
    several: (count) => `Has enviado ${count} mensajes; aquí va una respuesta para todos:`,
    outcome: ({ tool, arguments: given }, result) => {
      switch (tool) {
        case 'current_time':
          return `La hora de allí es **${result}**.`;
        case 'calculate':
          return `El resultado de \`${given['expression'] ?? ''}\` es **${result}**.`;
        case 'recall':
          return `Esto es lo que sé de ti:\n${result}`;
        case 'remember':
          return `Lo he apuntado y lo recordaré: ${given['fact'] ?? ''}`;
        case 'search_history':
          return `Esto he encontrado sobre «${given['query'] ?? ''}»:\n${result}`;
        default:
          return `La herramienta dice lo siguiente: ${ended(result)}`;
      }
    },
  },
};

function ended(result: string): string {
  return /[.!?]$/.test(result) ? result : `${result}.`;
}
