import { listed, numbered, paragraphs } from './markdown-parts.js';
import { counter } from './plural.js';
import { timeText } from './rough-time.js';
import type { ModeName, QuestionEnding, I18n } from './i18n.js';

const modes: Readonly<Record<ModeName, string>> = {
  queue: '先完成当前回答，再回答期间收到的消息',
  steer: '在下一步中一并考虑',
  interrupt: '停下来，把所有消息一起回答',
  collect: '等你停下来后，把所有消息一起回答',
};

const settingCommands = (most: number): string[] => [
  '/settings answer mentioned',
  '/settings answer all',
  `/settings window 20（1 到 ${most}）, /settings window off`,
  '/settings mode queue、steer、interrupt 或 collect',
];

const endings: Readonly<Record<QuestionEnding, string>> = {
  approved: '已允许',
  denied: '已拒绝',
  expired: '无人及时答复',
  withdrawn: '已不再需要',
};

const whose = { user: '你，', chat: '本聊天，' } as const;

export const zh: I18n = {
  locale: 'zh-CN',
  start: paragraphs(
    '**你好！** 我是一个 AI 助手，像和人聊天一样给我发消息就行。',
    '我会计算、报时、记住你让我记的事、按时提醒你，还能搜索我们聊过的内容。',
    '发送 /help 查看命令。',
  ),
  help: [
    '**你可以发送的命令**',
    '- /start：简短介绍',
    '- /help：显示这份列表',
    '- /reset：重新开始；你让我记住的事会保留',
    '- /stop：停止正在生成的回答',
    '- /mode：我工作时收到新消息怎么处理',
    '- /memory：我记住了什么',
    '- /usage：你今天和本月的用量',
    '- /schedules：这里的计划；/schedules cancel 1 取消第 1 项',
    '- /settings：我在群组里的行为方式；群管理员可以更改',
  ].join('\n'),
  reset: '重新开始：之前说过的话我不再参考，你让我记住的事会保留。',
  stopped: '已停止。',
  nothingToStop: '没有可以停止的内容。',
  mode: (mode) =>
    [
      `我工作时收到新消息的处理方式：**${mode}**。`,
      listed(Object.entries(modes).map(([name, meaning]) => `/mode ${name}：${meaning}`)),
    ].join('\n'),
  modeUnknown: `没有这种方式。可选：${Object.keys(modes).join('、')}。`,
  memory: (facts, summary) =>
    paragraphs(
      '**你让我记住的事**',
      facts.length > 0 ? numbered(facts) : '目前没有。',
      '**之前对话的概要**',
      summary === '' ? '还没有概要。' : summary,
    ),
  usage: {
    title: '**用量**（按 UTC 的日和月计算）',
    today: (of, amount) => `${of ? whose[of] : ''}今天：${amount}`,
    month: (of, amount) => `${of ? whose[of] : ''}本月：${amount}`,
    left: (amount) => `；剩余：${amount}`,
    tokens: counter('zh-CN', { other: '个 token' }),
  },
  schedules: {
    list: (lines, example) =>
      paragraphs(
        `**这里的计划**\n${listed(lines)}`,
        `要取消第 ${example} 项，请发送 /schedules cancel ${example}`,
      ),
    line: ({ number, time, rule, text }) =>
      `**${number}**：${time}${rule === null ? '' : `，之后按规则 \`${rule}\` 重复`}：${text}`,
    none: '这里没有计划。你可以让我提醒你某件事，或者定期做某件事。',
    usage: '发送 /schedules 查看计划，发送 /schedules cancel 1 取消第 1 项。',
    cancelled: (line) => `已取消：${line}`,
    unknown: (number) => `这里没有编号为 ${number} 的计划。发送 /schedules 查看现有计划。`,
  },
  settings: {
    shown: ({ mode, answers, window, most }) =>
      paragraphs(
        '**我在这里的行为方式**',
        listed([
          answers === 'all' ? '我回复每一条消息' : '有人提到我、回复我或发送命令时，我才回复',
          ...(answers === 'all'
            ? []
            : [
                window === 0 ? '我不保留你们彼此说的话' : `我保留最近 ${window} 条不是发给我的消息，作为背景`,
              ]),
          `/mode: ${modes[mode]}`,
        ]),
        `群管理员可以这样更改：\n${listed(settingCommands(most))}`,
        '只有关闭了我的隐私模式，或者我是本群管理员时，我才能收到不是发给我的消息。',
      ),
    usage: (most) => `没有这个设置。可用的有：\n${listed(settingCommands(most))}`,
    groupsOnly: '这是群组的设置：在这里我回复所有消息。',
    adminsOnly: '只有本群的管理员可以更改。',
    notChecked: '我没能确认你是不是本群的管理员。请稍后再试。',
  },
  menu: {
    start: '这个机器人能做什么',
    help: '使用方法',
    reset: '重新开始',
    stop: '停止正在生成的回答',
    mode: '工作时收到新消息怎么处理',
    memory: '我记住了什么',
    usage: '你的用量',
    schedules: '这里的计划',
    settings: '我在本群的行为方式',
  },
  waiting: (position, wait) => {
    const time = timeText('zh-CN', wait);
    return position === null
      ? `_你发的消息超过了我一次能回答的数量，大约 ${time}后继续。_`
      : `_你排在第 ${position} 位，大约还要等 ${time}。_`;
  },
  stoppedHere: '_（到此停止。）_',
  stoppedByOperator: '运营者已停止这条回答。',
  stoppedHereByOperator: '_（运营者在此停止了回答。）_',
  working: (tools) => `_${tools.join('、')} …_`,
  approvals: {
    question: '可以执行这个操作吗？',
    why: {
      rule: '每次这样的调用之前我都要先询问。',
      outside: '我读过来自外部的文字（例如网页或转发的消息），这个操作可能是它引起的。',
      address:
        '我读过来自外部的文字（例如网页或转发的消息），而这个网址不是你给我的：它的所有者会得知其中的全部内容。',
    },
    adminsOnly: '可能引起这个操作的话出自几个人，或出自我不认识的人：只有管理员可以决定。',
    above: (tool) => `**${tool}** 的调用内容见上文。`,
    approve: '✅ 允许',
    deny: '❌ 拒绝',
    byOperator: (id) => `由管理员决定：\`POST /admin/approvals/${id}/approve\` 或 \`/deny\`。`,
    waiting: (tools) => `_（正在等待批准：${tools.join('、')}。你可以继续发消息。）_`,
    notYours: '这件事不由你决定。',
    notShown: '这里没能显示全部内容，所以不能在这里批准。',
    decided: '谢谢。',
    decidedAlready: '此事已有决定，或已过期。',
    operator: '管理员',
    ending: (ending, by) => `${endings[ending]}${by === null ? '' : `（${by}）`}：`,
  },
  pairing: {
    code: (code) =>
      `这是一个私人机器人，需要管理员为你开通权限。你的代码是 **${code}**，一小时内有效。有了决定我会告诉你。`,
    groupCode: (code) =>
      `这是一个私人机器人，需要管理员为本群开通权限。本群的代码是 **${code}**，一小时内有效。有了决定我会在这里告知。`,
    question: '可以让此人与我交谈吗？',
    groupQuestion: '可以让此群的所有人与我交谈吗？',
    byOperator: (code) => `由管理员决定：\`pairing approve ${code}\` 或 \`pairing deny ${code}\`。`,
    welcome: '权限已开通。像对人一样给我写消息就行；/help 显示命令。',
    groupWelcome: '本群的权限已开通。提及我或回复我，我就会回答。',
    denied: '抱歉，管理员没有开通权限。',
  },
  refusal: {
    person: (id) => `抱歉，这是一个私人机器人。请联系它的管理员开通权限，你的 ID 是 \`${id}\`。`,
    group: (id) => `抱歉，这是一个私人机器人。请联系它的管理员为本群开通权限，本群的 ID 是 \`${id}\`。`,
  },
  overflow: '你发消息的速度超过了我回答的速度。在我赶上之前，新的消息不会被读取。',
  failed: '抱歉，出了点问题，我没能回答。请稍后再试。',
  timedOut: '抱歉，用时太长，我只好停下。请再试一次，或者换个小一点的问题。',
  modelRefusedRequest: '抱歉，语言模型没有接受这个请求，所以我无法回答。',
  tooLong: '抱歉，内容超出了语言模型一次能处理的量。请每次少发一些。',
  stepsExhausted: '我只能到此为止：需要的步骤超过了一次回答的上限。',
  budget: {
    turn: '我只能到此为止：所需费用超过了一次回答的上限。',
    user: '你今天的额度已用完，所以我无法回答。额度在 UTC 00:00 重置；发送 /usage 查看用量。',
    chat: '本聊天今天的额度已用完，所以我无法回答。额度在 UTC 00:00 重置；发送 /usage 查看用量。',
    all: '我今天可用的额度已用完，所以无法回答。请在 UTC 00:00 之后再试。',
  },
  declined: {
    payment: '这里不出售任何东西，因此没有扣款。',
    elsewhere: '请在我们自己的聊天中给我写信',
  },
  files: {
    tooLarge: (name, megabytes) => `“${name}”太大了：我最多能接收 ${megabytes} MB 的文件。`,
    tooLong: (minutes) => `这段录音太长了：我最多能听 ${minutes} 分钟。`,
    tooMany: (most) => `我一次最多能看 ${most} 个文件。其余的请再发一次。`,
    gone: (name) => `我无法下载“${name}”。请再发一次。`,
    unreadable: (name) =>
      `我无法读取“${name}”。我可以读取文本、代码、CSV、JSON、Markdown 和含有文字的 PDF 文件。`,
    noHearing: '我在这里无法听录音。请改用文字告诉我。',
    notHeard: '我没能听清这段录音。请再试一次，或者用文字告诉我。',
    noSight: '我在这里看不到图片。请用文字告诉我图片里有什么。',
  },
  empty: '这个问题我答不上来，请换个说法。',
  filtered: '我无法回答：服务商的内容过滤器拦截了回答。',
  notSent: '抱歉，这个问题我无法作答。',
  cutOff: '_（回答已达到长度上限，到此为止。）_',
};
