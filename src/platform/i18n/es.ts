import { listed, numbered, paragraphs } from './markdown-parts.js';
import { counter } from './plural.js';
import { timeText } from './rough-time.js';
import type { ModeName, QuestionEnding, I18n } from './i18n.js';

const modes: Readonly<Record<ModeName, string>> = {
  queue: 'termino y luego respondo a lo que haya llegado mientras tanto',
  steer: 'lo tengo en cuenta en mi siguiente paso',
  interrupt: 'me detengo y respondo a todo junto',
  collect: 'espero a que hagas una pausa y respondo a todo junto',
};

const settingCommands = (most: number): string[] => [
  '/settings answer mentioned',
  '/settings answer all',
  `/settings window 20 (de 1 a ${most}), /settings window off`,
  '/settings mode queue, steer, interrupt o collect',
];

const endings: Readonly<Record<QuestionEnding, string>> = {
  approved: 'Autorizado',
  denied: 'Rechazado',
  expired: 'Nadie respondió a tiempo',
  withdrawn: 'Ya no hace falta',
};

const whose = { user: 'tú, ', chat: 'este chat, ' } as const;

export const es: I18n = {
  locale: 'es-ES',
  start: paragraphs(
    '**¡Hola!** Soy un asistente de IA. Escríbeme como le escribirías a una persona.',
    'Puedo hacer cálculos, decirte la hora, acordarme de lo que me pidas, recordarte cosas y buscar en lo que hemos hablado.',
    'Escribe /help para ver los comandos.',
  ),
  help: [
    '**Qué puedes escribir**',
    '- /start: una breve presentación',
    '- /help: esta lista',
    '- /reset: empezar de nuevo; lo que me pediste recordar se conserva',
    '- /stop: detener la respuesta en la que estoy trabajando',
    '- /mode: qué hago con los mensajes que llegan mientras trabajo',
    '- /memory: lo que recuerdo',
    '- /usage: lo que has consumido hoy y este mes',
    '- /schedules: lo que está programado aquí; /schedules cancel 1 cancela el número 1',
    '- /settings: cómo me comporto en un grupo; sus administradores pueden cambiarlo',
  ].join('\n'),
  reset:
    'Empezamos de nuevo: ya no tengo en cuenta lo que se dijo antes. Lo que me pediste recordar se conserva.',
  stopped: 'Detenido.',
  nothingToStop: 'No hay nada que detener.',
  mode: (mode) =>
    [
      `Cuando escribes mientras trabajo: **${mode}**.`,
      listed(Object.entries(modes).map(([name, meaning]) => `/mode ${name}: ${meaning}`)),
    ].join('\n'),
  modeUnknown: `Ese modo no existe. Los modos son: ${Object.keys(modes).join(', ')}.`,
  memory: (facts, summary) =>
    paragraphs(
      '**Lo que me pediste recordar**',
      facts.length > 0 ? numbered(facts) : 'Nada por ahora.',
      '**Lo que se dijo antes, en resumen**',
      summary === '' ? 'Todavía no hay ningún resumen.' : summary,
    ),
  usage: {
    title: '**Lo consumido** (los días y los meses son los de UTC)',
    today: (of, amount) => `${of ? whose[of] : ''}hoy: ${amount}`,
    month: (of, amount) => `${of ? whose[of] : ''}este mes: ${amount}`,
    left: (amount) => `; quedan: ${amount}`,
    tokens: counter('es-ES', { one: 'token', other: 'tokens' }),
  },
  schedules: {
    list: (lines, example) =>
      paragraphs(
        `**Lo que está programado aquí**\n${listed(lines)}`,
        `Para cancelar el número ${example}, escribe /schedules cancel ${example}`,
      ),
    line: ({ number, time, rule, text }) =>
      `**${number}**: ${time}${rule === null ? '' : ` y después según la regla \`${rule}\``}: ${text}`,
    none: 'Aquí no hay nada programado. Pídeme que te recuerde algo o que haga algo con regularidad.',
    usage:
      'Escribe /schedules para ver lo que está programado y /schedules cancel 1 para cancelar el número 1.',
    cancelled: (line) => `Cancelado: ${line}`,
    unknown: (number) =>
      `Aquí no está programado ningún número ${number}. Escribe /schedules para ver lo que hay.`,
  },
  settings: {
    shown: ({ mode, answers, window, most }) =>
      paragraphs(
        '**Cómo me comporto aquí**',
        listed([
          answers === 'all'
            ? 'Respondo a todos los mensajes'
            : 'Respondo a quien me menciona, me responde o envía un comando',
          ...(answers === 'all'
            ? []
            : [
                window === 0
                  ? 'No guardo lo que os decís entre vosotros'
                  : `Guardo como contexto los ${window} últimos mensajes que no son para mí`,
              ]),
          `/mode: ${modes[mode]}`,
        ]),
        `Los administradores de este grupo lo cambian así:\n${listed(settingCommands(most))}`,
        'Los mensajes que no son para mí solo me llegan si mi modo de privacidad está desactivado o si soy administrador aquí.',
      ),
    usage: (most) => `Ese ajuste no existe. Estos son los que hay:\n${listed(settingCommands(most))}`,
    groupsOnly: 'Ese ajuste es para grupos: aquí respondo a todo.',
    adminsOnly: 'Solo los administradores de este grupo pueden cambiar eso.',
    notChecked:
      'No he podido averiguar si eres administrador de este grupo. Inténtalo de nuevo en un momento.',
  },
  menu: {
    start: 'Qué puede hacer este bot',
    help: 'Cómo se usa',
    reset: 'Empezar de nuevo',
    stop: 'Detener la respuesta en curso',
    mode: 'Qué hacer con los mensajes que llegan mientras tanto',
    memory: 'Lo que recuerdo',
    usage: 'Lo que has consumido',
    schedules: 'Lo que está programado aquí',
    settings: 'Cómo me comporto en este grupo',
  },
  waiting: (position, wait) => {
    const time = timeText('es-ES', wait);
    return position === null
      ? `_Has escrito más de lo que puedo responder de una vez. Sigo en ${time}, más o menos._`
      : `_Eres el número ${position} de la cola. Tiempo de espera: ${time}, más o menos._`;
  },
  stoppedHere: '_(Detenido aquí.)_',
  stoppedByOperator: 'El operador ha detenido esta respuesta.',
  stoppedHereByOperator: '_(El operador ha detenido la respuesta aquí.)_',
  working: (tools) => `_${tools.join(', ')} …_`,
  approvals: {
    question: '¿Puedo hacer esto?',
    why: {
      rule: 'Debo preguntar antes de cada llamada de este tipo.',
      outside:
        'He leído texto de fuera, como una página o un mensaje reenviado, y puede ser lo que me ha llevado a esto.',
      address:
        'He leído texto de fuera, como una página o un mensaje reenviado, y esta dirección no me la has dado tú: su dueño se entera de todo lo que contiene.',
    },
    adminsOnly:
      'Lo que puede haberme llevado a esto lo han escrito varias personas, o alguien que no conozco: solo un administrador puede decidir.',
    above: (tool) => `La llamada a **${tool}** está arriba.`,
    approve: '✅ Permitir',
    deny: '❌ Rechazar',
    byOperator: (id) => `Decide el operador, con \`POST /admin/approvals/${id}/approve\` o \`/deny\`.`,
    waiting: (tools) =>
      `_(Esperando a que alguien lo permita: ${tools.join(', ')}. Mientras tanto puedes seguir escribiendo.)_`,
    notYours: 'Esta decisión no te corresponde.',
    notShown: 'Aquí no se ha podido mostrar todo, así que aquí no se puede permitir.',
    decided: 'Gracias.',
    decidedAlready: 'Esto ya se decidió, o ya pasó el plazo.',
    operator: 'el operador',
    ending: (ending, by) => `${endings[ending]}${by === null ? '' : ` por ${by}`}:`,
  },
  pairing: {
    code: (code) =>
      `Este bot es privado: su operador tiene que darte acceso. Tu código es **${code}** y vale una hora. Te escribo cuando esté decidido.`,
    groupCode: (code) =>
      `Este bot es privado: su operador tiene que dar acceso a este grupo. Su código es **${code}** y vale una hora. Escribo cuando esté decidido.`,
    question: '¿Puede esta persona hablar conmigo?',
    groupQuestion: '¿Pueden todos los de este grupo hablar conmigo?',
    byOperator: (code) => `Decide el operador, con \`pairing approve ${code}\` o \`pairing deny ${code}\`.`,
    welcome: 'Ya tienes acceso. Escríbeme como a una persona; /help muestra los comandos.',
    groupWelcome: 'Este grupo ya tiene acceso. Quien me mencione o me responda tendrá respuesta.',
    denied: 'Lo siento, el operador no ha dado acceso.',
  },
  refusal: {
    person: (id) => `Lo siento, este bot es privado. Pídele acceso a su operador: tu id es \`${id}\`.`,
    group: (id) =>
      `Lo siento, este bot es privado. Pide a su operador que admita este grupo: su id es \`${id}\`.`,
  },
  overflow: 'Escribes más rápido de lo que puedo responder. Hasta que me ponga al día no leeré más mensajes.',
  failed: 'Lo siento, algo salió mal y no pude responder. Inténtalo de nuevo más tarde, por favor.',
  timedOut:
    'Lo siento, tardaba demasiado y tuve que parar. Inténtalo de nuevo, por favor, quizá con una pregunta más pequeña.',
  modelRefusedRequest: 'Lo siento, el modelo de lenguaje no aceptó esta petición, así que no pude responder.',
  tooLong:
    'Lo siento, esto es más de lo que el modelo de lenguaje puede abarcar de una vez. Envía menos cada vez, por favor.',
  stepsExhausted: 'Me detengo aquí: hacían falta más pasos de los que puedo dar para una respuesta.',
  budget: {
    turn: 'Me detengo aquí: hace falta más de lo que puedo gastar en una respuesta.',
    user: 'Has agotado tu presupuesto de hoy, así que no puedo responder a esto. Se renueva a las 00:00 UTC; /usage muestra las cifras.',
    chat: 'Este chat ha agotado su presupuesto de hoy, así que no puedo responder a esto. Se renueva a las 00:00 UTC; /usage muestra las cifras.',
    all: 'He agotado lo que puedo gastar hoy, así que no puedo responder a esto. Inténtalo de nuevo después de las 00:00 UTC, por favor.',
  },
  declined: {
    payment: 'Aquí no se vende nada, así que no se te ha cobrado.',
    elsewhere: 'Escríbeme en nuestro propio chat',
  },
  files: {
    tooLarge: (name, megabytes) => `«${name}» es demasiado grande para mí: admito hasta ${megabytes} MB.`,
    tooLong: (minutes) =>
      `Esa grabación es demasiado larga para mí: puedo escuchar hasta ${minutes} minutos.`,
    tooMany: (most) => `Puedo mirar ${most} archivos a la vez. Por favor, envía los demás de nuevo.`,
    gone: (name) => `No he podido descargar «${name}». Por favor, envíalo de nuevo.`,
    unreadable: (name) =>
      `No puedo leer «${name}». Puedo leer archivos de texto, código, CSV, JSON, Markdown y PDF que contengan texto.`,
    noHearing: 'Aquí no puedo escuchar grabaciones. Por favor, escríbeme.',
    notHeard: 'No he podido entender esa grabación. Inténtalo de nuevo o escríbeme.',
    noSight: 'Aquí no puedo ver imágenes. Por favor, dime con palabras qué hay en ellas.',
  },
  empty: 'No tengo respuesta para eso. Dímelo de otra manera, por favor.',
  filtered: 'No puedo responder a eso: el filtro de contenido del proveedor detuvo la respuesta.',
  notSent: 'Lo siento, no puedo darte una respuesta a esto.',
  cutOff: '_(La respuesta alcanzó su longitud máxima y termina aquí.)_',
};
