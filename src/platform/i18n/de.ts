import { listed, numbered, paragraphs } from './markdown-parts.js';
import { counter } from './plural.js';
import { timeText } from './rough-time.js';
import type { ModeName, QuestionEnding, I18n } from './i18n.js';

const modes: Readonly<Record<ModeName, string>> = {
  queue: 'ich antworte erst zu Ende und dann auf das, was inzwischen kam',
  steer: 'ich berücksichtige es bei meinem nächsten Schritt',
  interrupt: 'ich breche ab und antworte auf alles zusammen',
  collect: 'ich warte, bis du eine Pause machst, und antworte dann auf alles zusammen',
};

const settingCommands = (most: number): string[] => [
  '/settings answer mentioned',
  '/settings answer all',
  `/settings window 20 (1 bis ${most}), /settings window off`,
  '/settings mode queue, steer, interrupt oder collect',
];

const endings: Readonly<Record<QuestionEnding, string>> = {
  approved: 'Erlaubt',
  denied: 'Abgelehnt',
  expired: 'Niemand hat rechtzeitig geantwortet',
  withdrawn: 'Hat sich erledigt',
};

const whose = { user: 'du, ', chat: 'dieser Chat, ' } as const;

export const de: I18n = {
  locale: 'de-DE',
  start: paragraphs(
    '**Hallo!** Ich bin ein KI-Assistent. Schreib mir, wie du einem Menschen schreiben würdest.',
    'Ich kann rechnen, die Uhrzeit nennen, mir auf deinen Wunsch etwas merken, dich an etwas erinnern und in unseren Gesprächen suchen.',
    'Mit /help siehst du die Befehle.',
  ),
  help: [
    '**Was du eingeben kannst**',
    '- /start: eine kurze Vorstellung',
    '- /help: diese Liste',
    '- /reset: neu anfangen; was ich mir merken sollte, bleibt',
    '- /stop: die Antwort abbrechen, an der ich gerade arbeite',
    '- /mode: was ich mit Nachrichten mache, die kommen, während ich arbeite',
    '- /memory: was ich mir gemerkt habe',
    '- /usage: was du heute und in diesem Monat verbraucht hast',
    '- /schedules: was hier geplant ist; /schedules cancel 1 streicht Nummer 1',
    '- /settings: wie ich mich in einer Gruppe verhalte; ihre Admins können es ändern',
  ].join('\n'),
  reset:
    'Ein neuer Anfang: Was vorher gesagt wurde, beachte ich nicht mehr. Was ich mir merken sollte, bleibt.',
  stopped: 'Abgebrochen.',
  nothingToStop: 'Es gibt nichts abzubrechen.',
  mode: (mode) =>
    [
      `Wenn du schreibst, während ich arbeite: **${mode}**.`,
      listed(Object.entries(modes).map(([name, meaning]) => `/mode ${name}: ${meaning}`)),
    ].join('\n'),
  modeUnknown: `Diesen Modus gibt es nicht. Es gibt: ${Object.keys(modes).join(', ')}.`,
  memory: (facts, summary) =>
    paragraphs(
      '**Was ich mir merken sollte**',
      facts.length > 0 ? numbered(facts) : 'Bisher nichts.',
      '**Was bisher gesagt wurde, in Kürze**',
      summary === '' ? 'Es gibt noch keine Zusammenfassung.' : summary,
    ),
  usage: {
    title: '**Was verbraucht wurde** (Tage und Monate nach UTC)',
    today: (of, amount) => `${of ? whose[of] : ''}heute: ${amount}`,
    month: (of, amount) => `${of ? whose[of] : ''}in diesem Monat: ${amount}`,
    left: (amount) => `; übrig: ${amount}`,
    tokens: counter('de-DE', { one: 'Token', other: 'Tokens' }),
  },
  schedules: {
    list: (lines, example) =>
      paragraphs(
        `**Was hier geplant ist**\n${listed(lines)}`,
        `Um Nummer ${example} zu streichen, gib /schedules cancel ${example} ein`,
      ),
    line: ({ number, time, rule, text }) =>
      `**${number}**: ${time}${rule === null ? '' : ` und danach nach der Regel \`${rule}\``}: ${text}`,
    none: 'Hier ist nichts geplant. Bitte mich, dich an etwas zu erinnern oder etwas regelmäßig zu tun.',
    usage: 'Mit /schedules siehst du, was geplant ist; /schedules cancel 1 streicht Nummer 1.',
    cancelled: (line) => `Gestrichen: ${line}`,
    unknown: (number) =>
      `Eine Nummer ${number} ist hier nicht geplant. Mit /schedules siehst du, was geplant ist.`,
  },
  settings: {
    shown: ({ mode, answers, window, most }) =>
      paragraphs(
        '**Wie ich mich hier verhalte**',
        listed([
          answers === 'all'
            ? 'Ich antworte auf jede Nachricht'
            : 'Ich antworte, wenn mich jemand erwähnt, mir antwortet oder einen Befehl schickt',
          ...(answers === 'all'
            ? []
            : [
                window === 0
                  ? 'Was ihr einander sagt, behalte ich nicht'
                  : `Die neuesten ${window} Nachrichten, die nicht an mich gehen, behalte ich als Hintergrund`,
              ]),
          `/mode: ${modes[mode]}`,
        ]),
        `Die Admins dieser Gruppe ändern es so:\n${listed(settingCommands(most))}`,
        'Nachrichten, die nicht an mich gehen, bekomme ich nur, wenn mein Privatsphäre-Modus aus ist oder ich hier Admin bin.',
      ),
    usage: (most) => `Diese Einstellung gibt es nicht. Es gibt:\n${listed(settingCommands(most))}`,
    groupsOnly: 'Das ist eine Einstellung für Gruppen: Hier antworte ich auf alles.',
    adminsOnly: 'Das können nur die Admins dieser Gruppe ändern.',
    notChecked:
      'Ich konnte nicht feststellen, ob du Admin dieser Gruppe bist. Bitte versuch es gleich noch einmal.',
  },
  menu: {
    start: 'Was dieser Bot kann',
    help: 'Wie man ihn benutzt',
    reset: 'Neu anfangen',
    stop: 'Die laufende Antwort abbrechen',
    mode: 'Was mit Nachrichten geschieht, die inzwischen kommen',
    memory: 'Was ich mir gemerkt habe',
    usage: 'Was du verbraucht hast',
    schedules: 'Was hier geplant ist',
    settings: 'Wie ich mich in dieser Gruppe verhalte',
  },
  waiting: (position, wait) => {
    const time = timeText('de-DE', wait);
    return position === null
      ? `_Du hast mehr geschrieben, als ich auf einmal beantworten darf. Weiter geht es in etwa ${time}._`
      : `_Du bist Nummer ${position} in der Warteschlange: noch etwa ${time}._`;
  },
  stoppedHere: '_(Hier abgebrochen.)_',
  stoppedByOperator: 'Der Betreiber hat diese Antwort abgebrochen.',
  stoppedHereByOperator: '_(Der Betreiber hat die Antwort hier abgebrochen.)_',
  working: (tools) => `_${tools.join(', ')} …_`,
  approvals: {
    question: 'Darf ich das tun?',
    why: {
      rule: 'Vor jedem solchen Aufruf soll ich fragen.',
      outside:
        'Ich habe Text von außen gelesen, etwa eine Seite oder eine weitergeleitete Nachricht, und der hat mich vielleicht dazu gebracht.',
      address:
        'Ich habe Text von außen gelesen, etwa eine Seite oder eine weitergeleitete Nachricht, und diese Adresse hast du mir nicht gegeben: Wem sie gehört, der erfährt alles, was in ihr steht.',
    },
    adminsOnly:
      'Mehrere haben geschrieben, was mich dazu gebracht haben kann, oder jemand, den ich nicht kenne: Nur ein Admin kann entscheiden.',
    above: (tool) => `Der Aufruf von **${tool}** steht darüber.`,
    approve: '✅ Erlauben',
    deny: '❌ Ablehnen',
    byOperator: (id) =>
      `Der Betreiber entscheidet, mit \`POST /admin/approvals/${id}/approve\` oder \`/deny\`.`,
    waiting: (tools) =>
      `_(Ich warte, bis das jemand erlaubt: ${tools.join(', ')}. Du kannst inzwischen weiterschreiben.)_`,
    notYours: 'Darüber kannst du nicht entscheiden.',
    notShown: 'Hier konnte nicht alles gezeigt werden, darum kann es hier nicht erlaubt werden.',
    decided: 'Danke.',
    decidedAlready: 'Das ist schon entschieden, oder die Zeit dafür ist um.',
    operator: 'Betreiber',
    ending: (ending, by) => `${endings[ending]}${by === null ? '' : ` (${by})`}:`,
  },
  pairing: {
    code: (code) =>
      `Dieser Bot ist privat: Sein Betreiber muss dich zulassen. Dein Code ist **${code}**, eine Stunde lang gültig. Ich schreibe dir, sobald entschieden ist.`,
    groupCode: (code) =>
      `Dieser Bot ist privat: Sein Betreiber muss diese Gruppe zulassen. Ihr Code ist **${code}**, eine Stunde lang gültig. Ich schreibe, sobald entschieden ist.`,
    question: 'Darf diese Person mit mir sprechen?',
    groupQuestion: 'Dürfen alle in dieser Gruppe mit mir sprechen?',
    byOperator: (code) =>
      `Der Betreiber entscheidet, mit \`pairing approve ${code}\` oder \`pairing deny ${code}\`.`,
    welcome: 'Du bist zugelassen. Schreib mir wie einem Menschen; /help zeigt die Befehle.',
    groupWelcome: 'Diese Gruppe ist zugelassen. Erwähnt mich oder antwortet mir, dann antworte ich.',
    denied: 'Leider hat der Betreiber es nicht erlaubt.',
  },
  refusal: {
    person: (id) =>
      `Dieser Bot ist leider privat. Bitte seinen Betreiber, dich zuzulassen: Deine ID ist \`${id}\`.`,
    group: (id) =>
      `Dieser Bot ist leider privat. Bitte seinen Betreiber, diese Gruppe zuzulassen: Ihre ID ist \`${id}\`.`,
  },
  overflow:
    'Du schreibst schneller, als ich antworten kann. Bis ich aufgeholt habe, werden weitere Nachrichten nicht gelesen.',
  failed:
    'Tut mir leid, da ist etwas schiefgegangen, und ich konnte darauf nicht antworten. Bitte versuche es später noch einmal.',
  timedOut:
    'Tut mir leid, das hat zu lange gedauert, und ich musste abbrechen. Bitte versuche es noch einmal, vielleicht mit einer kleineren Frage.',
  modelRefusedRequest:
    'Tut mir leid, das Sprachmodell hat diese Anfrage nicht angenommen, deshalb konnte ich nicht antworten.',
  tooLong:
    'Tut mir leid, das ist mehr, als das Sprachmodell auf einmal aufnehmen kann. Bitte schick weniger auf einmal.',
  stepsExhausted: 'Hier höre ich auf: Das bräuchte mehr Schritte, als ich für eine Antwort machen darf.',
  budget: {
    turn: 'Hier höre ich auf: Das braucht mehr, als ich für eine Antwort ausgeben darf.',
    user: 'Dein Budget für heute ist aufgebraucht, deshalb kann ich darauf nicht antworten. Um 00:00 UTC beginnt ein neues; /usage zeigt die Zahlen.',
    chat: 'Das Budget dieses Chats für heute ist aufgebraucht, deshalb kann ich darauf nicht antworten. Um 00:00 UTC beginnt ein neues; /usage zeigt die Zahlen.',
    all: 'Ich habe aufgebraucht, was ich heute ausgeben darf, deshalb kann ich darauf nicht antworten. Bitte versuche es nach 00:00 UTC noch einmal.',
  },
  declined: {
    payment: 'Hier wird nichts verkauft, es wurde also nichts abgebucht.',
    elsewhere: 'Schreib mir in unserem eigenen Chat',
  },
  files: {
    tooLarge: (name, megabytes) => `„${name}“ ist mir zu groß: Ich nehme Dateien bis ${megabytes} MB.`,
    tooLong: (minutes) => `Diese Aufnahme ist mir zu lang: Ich höre Aufnahmen bis ${minutes} Minuten.`,
    tooMany: (most) => `Ich kann ${most} Dateien auf einmal ansehen. Bitte schick die anderen noch einmal.`,
    gone: (name) => `Ich konnte „${name}“ nicht herunterladen. Bitte schick die Datei noch einmal.`,
    unreadable: (name) =>
      `„${name}“ kann ich nicht lesen. Lesen kann ich Text, Code, CSV, JSON, Markdown und PDF-Dateien mit Text darin.`,
    noHearing: 'Aufnahmen kann ich hier nicht anhören. Bitte schreib mir stattdessen.',
    notHeard: 'Ich konnte diese Aufnahme nicht verstehen. Bitte versuch es noch einmal oder schreib mir.',
    noSight: 'Bilder kann ich hier nicht sehen. Bitte sag mir in Worten, was darauf ist.',
  },
  empty: 'Darauf habe ich keine Antwort. Bitte formuliere es anders.',
  filtered: 'Darauf kann ich nicht antworten: Der Inhaltsfilter des Anbieters hat die Antwort gestoppt.',
  notSent: 'Darauf kann ich leider keine Antwort geben.',
  cutOff: '_(Die Antwort hat ihre größte Länge erreicht und endet hier.)_',
};
