import type { Strings } from './index';

const rules = new Intl.PluralRules('ar');
// Arabic tells one, two, three to ten, and more apart.
const plural = (count: number, one: string, two: string, few: string, many: string) => {
  const rule = rules.select(count);
  return rule === 'one' ? one : rule === 'two' ? two : rule === 'few' ? `${count} ${few}` : `${count} ${many}`;
};

export const ar: Strings = {
  language: 'اللغة',
  nav: {
    label: 'الصفحات', menu: 'القائمة', skip: 'إلى المحتوى',
    home: 'الرئيسية', live: 'مباشر', keys: 'المفاتيح', models: 'النماذج', clients: 'العملاء', playground: 'التجربة', usage: 'الاستخدام', settings: 'الإعدادات',
  },
  theme: { title: 'المظهر', system: 'مثل النظام', light: 'فاتح', dark: 'داكن' },
  palette: {
    title: 'اذهب إلى', button: 'اذهب إلى', keys: 'Ctrl K أو ?', hint: 'صفحة أو مفتاح أو عميل أو نموذج', page: 'صفحة', nothing: 'لا شيء بهذا الاسم.',
  },
  line: {
    open: (inFlight) => (inFlight ? `مباشر، ${inFlight} قيد التنفيذ` : 'مباشر'),
    lost: 'انقطع الاتصال؛ تجري إعادة المحاولة', connecting: 'جارٍ الاتصال',
  },
  errors: {
    unreachable: 'لا يجيب freeway؛ هل ما زال يعمل؟',
    wait: (seconds) => `أعد المحاولة بعد ${seconds} ث.`,
    status: (status) => `أجاب freeway بالرمز ${status} دون ذكر السبب.`,
  },
  common: {
    retry: 'أعد المحاولة', copy: 'انسخ', copied: 'نُسخ', notCopied: 'حدّده وانسخه يدويًا', close: 'إغلاق', cancel: 'إلغاء', save: 'حفظ',
    remove: 'إزالة', more: 'عرض المزيد', yes: 'نعم', no: 'لا', unknown: 'غير معروف', search: 'بحث', loading: 'جارٍ التحميل', showAll: (count) => `عرض الكل (${count})`,
    due: 'الآن', inTime: (span) => `خلال ${span}`, of: (a, b) => `${a} من ${b}`, unlimited: 'بلا حد',
    provider: 'المزوّد', model: 'النموذج', key: 'المفتاح', client: 'العميل', name: 'الاسم', state: 'الحالة', time: 'الوقت', reason: 'السبب', tokens: 'الرموز', requests: 'الطلبات',
  },
  signIn: {
    welcome: 'سجّل الدخول إلى هذه البوابة.', setUp: 'لا حساب هنا بعد. اختر كلمة المرور التي تفتح هذه الصفحة.',
    account: 'الحساب', password: 'كلمة المرور', least: (count) => `${count} محارف على الأقل.`,
    code: 'رمز لمرة واحدة', codeNote: 'تجده في الطرفية أو السجل حيث شُغّل freeway.', create: 'أنشئ الحساب', go: 'تسجيل الدخول',
  },
  session: { signOut: 'تسجيل الخروج' },
  confirm: { title: 'كلمة مرورك مرة أخرى', go: 'تأكيد' },
  home: {
    working: 'هل يعمل؟', connect: 'كيف أتصل؟', broken: 'ما المعطّل؟', left: 'ما المتبقي اليوم؟',
    serving: (count, known) => `يعمل: ${count} من ${known} من المزوّدين يخدمون الآن.`,
    allFailed: 'المزوّدون يخدمون، لكن لم يُجب عن أي طلب في آخر 15 دقيقة.', lastFailed: 'أخفق آخر طلب.',
    asOf: (time) => `لا اتصال؛ هكذا كان الحال عند ${time}.`,
    notServing: 'لا يعمل: لا مزوّد يخدم الآن.', noProvider: 'لم يُهيّأ أي مزوّد بعد.', draining: 'freeway في طور الإيقاف ولا يقبل طلبات جديدة.',
    success: 'النجاح، آخر 15 دقيقة', successNote: (good, all) => `أُجيب عن ${good} من ${all} من الطلبات`, noRequests: 'لم ينته أي طلب',
    ttft: 'زمن أول رمز، آخر 15 دقيقة', ttftNote: (p95) => `الوسيط؛ 95 % خلال ${p95}`, ttftNone: 'لا إجابة متدفقة',
    lastFailure: 'آخر إخفاق', noFailure: 'لا شيء في السجل', openRoutes: 'المسارات المفتوحة', routesNote: (benched, spent) => `${benched} موقوفة، ${spent} نفدت حصتها`,
    inFlight: 'قيد التنفيذ الآن', waiting: (count) => (count ? `${count} في الانتظار` : 'لا أحد ينتظر'),
    providers: (count) => `${plural(count, 'مزوّد واحد', 'مزوّدان', 'مزوّدين', 'مزوّدًا')} قيد الاستخدام`, why: 'السبب', open: 'المسارات المفتوحة', until: 'حتى',
  },
  start: {
    title: 'الخطوات الأولى', finish: 'إنهاء', skip: 'تخطَّ هذه الخطوات', done: 'تم', open: 'لم يتم بعد',
    keyless: 'مزوّدون بلا مفتاح', serves: (names) => `يخدمون الآن: ${names}.`, nothingServes: 'لا شيء يخدم بعد: شغّل واحدًا هنا أو أضف مفتاحًا أدناه.',
    offer: (name) => `${name} يجيب بلا مفتاح.`, switchOn: 'شغّله',
    keylessNote: 'تذهب النصوص إلى هؤلاء المزوّدين دون حساب لك؛ وهل يتدرّبون عليها مذكور في صفحة النماذج.',
    ask: 'أول إجابة', key: 'أول مفتاح', keyNote: 'مزوّدون أكثر ونماذج أكثر وحصة أكبر. أي مفتاح مجاني يكفي؛ وتبقى المفاتيح مختومة على هذا الجهاز.',
    client: 'أول عميل',
  },
  connect: {
    address: 'العنوان', modelName: 'النموذج', modelNote: 'يختار freeway واحدًا؛ ويمكن ذكر أي نموذج من صفحة النماذج',
    makeKey: 'أنشئ مفتاحًا', clientName: 'اسم العميل', made: (name) => `مفتاح ${name}:`, once: 'يُعرض هذه المرة فقط؛ ولا يُحفظ إلا ملخّصه.',
    kinds: 'أنواع العملاء', shell: 'في الطرفية:', cline: 'مزوّد الواجهة "OpenAI Compatible" مع:', placeholder: 'YOUR_KEY',
  },
  test: {
    send: 'أرسل اختبارًا', prompt: 'قل في جملة واحدة ما أنت.', waiting: 'في انتظار أول رمز…', empty: 'الإجابة فارغة.', details: 'خطته ومحاولاته',
    figures: (first, total, tokens) => `أول رمز بعد ${first}، الإجابة كاملة بعد ${total}، ${tokens} من الرموز.`,
  },
  broken: {
    nothing: 'لا شيء معطّل.', lift: 'ارفع الإيقاف', liftAll: 'ارفع كل الإيقافات', lifted: (count) => `رُفع ${plural(count, 'إيقاف واحد', 'إيقافان', 'إيقافات', 'إيقافًا')}.`,
    keyPage: 'أنشئ هناك مفتاحًا جديدًا', pasteNew: 'ألصقه هنا', enable: 'اعرضه', resets: 'يتجدّد', gone: 'لم يعد المزوّد يدرج هذا النموذج.',
    successor: 'استخدم', noSuccessor: 'لا يملكه مزوّد آخر قيد الاستخدام.', reload: 'أخفقت إعادة تحميل الإعداد الأخيرة', log: 'سجل الطلبات', catalog: 'الفهرس المثبّت', journal: 'اليومية',
  },
  pools: {
    pool: 'الحصة', used: 'المستخدم', left: 'المتبقي', frees: 'يتجدّد', forecast: 'التوقّع', source: 'مصدر الحد',
    inFlight: (count) => `+ ${count} قيد التنفيذ`, spent: 'نفدت', runsOut: (time) => `تنفد عند ${time}`,
    learned: (how) => `عُرف من المزوّد (${how})`, asOf: (source, date) => `${source}، ${date}`, configured: 'الإعداد',
    count: (used, all) => `استُخدم من ${used} حصة من أصل ${all}`, none: 'لا حصة معروفة لأي مزوّد قيد الاستخدام.', untouched: 'غير المستخدمة أيضًا',
    noMatch: 'لا حصة بهذا الاسم.', unused: 'لم يُستخدم شيء بعد.',
    units: {
      requests: 'طلبات', tokens: 'رموز', input_tokens: 'رموز إدخال', output_tokens: 'رموز إخراج', concurrent: 'في آن واحد', audio_seconds: 'ثواني صوت', neurons: 'عصبونات', credit: 'رصيد',
    },
  },
  paste: {
    label: 'المفاتيح', hint: 'ألصق مفتاحًا أو قائمة أو ملف ‎.env أو JSON أو CSV كاملًا', found: 'ما وُجد', take: 'أضف', takeLine: (line) => `أضف السطر ${line}`, choose: 'اختر…',
    unlocks: 'يفتح', models: (_, n) => plural(n, 'نموذجًا واحدًا', 'نموذجين', 'نماذج', 'نموذجًا'), add: (count) => `أضف وافحص ${plural(count, 'مفتاحًا واحدًا', 'مفتاحين', 'مفاتيح', 'مفتاحًا')}`,
    count: (count) => `أُضيف ${plural(count, 'مفتاح واحد', 'مفتاحان', 'مفاتيح', 'مفتاحًا')}.`, line: (line) => `السطر ${line}`, added: 'أُضيف',
    states: { new: 'جديد', known: 'معروف من قبل', doubtful: 'يبدو مريبًا', unknown: 'لمن هو؟', bad: 'ليس مفتاحًا' },
    checks: { valid: 'يقبله المزوّد.', invalid: 'يرفضه المزوّد.', inconclusive: 'أُضيف؛ وتعذّر فحص قبول المزوّد له.' },
  },
  request: {
    nobody: 'لا مزوّد', running: 'جارية', took: (start, length) => `عند ${start}، استغرقت ${length}`, planBy: (strategy) => `مرتّب وفق الاستراتيجية «${strategy}».`,
    planned: 'الخطة', place: 'الموضع', reasons: 'لماذا هنا', further: (count) => `${count} أخرى خلفها`, leftOut: (count) => `استُبعد ${count}`, again: 'يُفتح مجددًا',
    ends: { answered: 'أُجيب', failed: 'أخفق', broken: 'انقطع', cancelled: 'أُلغي' },
    states: { planning: 'يخطّط', waiting: 'ينتظر', asking: 'يسأل', answering: 'يجيب' },
  },
  live: {
    inFlight: 'قيد التنفيذ', nothingInFlight: 'لا شيء قيد التنفيذ.', since: 'منذ', asked: 'المطلوب', route: 'أجاب', trail: 'المسيرة', firstTry: 'المحاولة الأولى',
    tries: (count) => plural(count, 'محاولة واحدة', 'محاولتان', 'محاولات', 'محاولة'), ttft: 'أول رمز', speed: 'رموز/ث', ended: 'المنتهية', end: 'النهاية', attempts: 'المحاولات', total: 'الإجمالي',
    tokensTitle: 'النص + الإجابة', search: 'عميل أو نموذج أو مزوّد أو معرّف', anyEnd: 'أي نهاية', hold: 'ثبّت القائمة', follow: 'تابع مجددًا', older: 'حمّل الأقدم',
    nothingEnded: 'لا طلبات بعد. في الرئيسية أسطر توصيل عميل، واختبار.', noMatch: 'لا شيء كذلك.',
    now: 'ما يفعله الآن', cancelIt: 'ألغِ هذا الطلب', how: 'كيف سار', estimated: 'تقديري', noAttempt: 'لم يُسأل أي مزوّد بعد.', notStreamed: 'غير متدفق', streamed: 'متدفق',
    waited: 'الانتظار', tokenSplit: (prompt, completion, reasoning) => `${prompt} للنص، ${completion} للإجابة (${reasoning} للتفكير)`,
    speedNote: 'الإجابة بعد أول رمز', surface: 'الواجهة', strategy: 'الاستراتيجية', ladder: 'المحاولات', plan: 'الخطة وراءه',
    refused: 'رُفض قبل سؤال أي مزوّد.', planGone: 'تبقى خطط أحدث الطلبات في الذاكرة؛ وهذه لم تعد فيها.', back: 'كل الطلبات →',
  },
  keys: {
    add: 'أضف مفاتيح', all: 'المفاتيح', none: 'لا مفاتيح بعد. ألصق الأول أعلاه.', why: 'السبب', open: 'المسارات المفتوحة', tightest: 'الأقل تبقيًا', lastCheck: 'آخر فحص', source: 'من',
    sources: { store: 'أُضيف هنا', configuration: 'الإعداد', environment: 'البيئة', none: 'بلا مفتاح' },
    check: 'افحص الآن', enable: 'شغّل', disable: 'أوقف', disabledReason: 'أُوقف من لوحة التحكم', removeAsk: (name) => `إزالة ${name}؟`,
    removeNote: 'يُحذف المفتاح من هذا الجهاز. ويبقى صالحًا لدى المزوّد حتى تنهيه هناك.', reveal: 'اكشف', export: 'صدّر', format: 'صيغة التصدير',
    revealed: 'المفاتيح المحفوظة', noneStored: 'لا مفتاح محفوظًا هنا؛ مفاتيح الإعداد والبيئة حيث كتبتها.',
    revealWhy: 'كشف المفاتيح يتطلب كلمة مرورك.', exportWhy: 'تصدير المفاتيح يتطلب كلمة مرورك.',
    account: 'الحساب', proxied: 'عبر وسيط', added: 'أُضيف', benches: 'الإيقافات', scope: 'الموقوف', until: 'حتى', untilChange: 'حتى يتغيّر أو يُرفع',
    remaining: 'المتبقي', unlocks: 'يفتح', back: 'كل المفاتيح →', more: 'مزوّدون آخرون', moreNote: 'مزوّدون يعرفهم freeway ولا مفتاح لهم هنا', get: 'احصل عليه',
    keyPage: 'صفحة المفاتيح', keyless: 'استخدم بلا مفتاح', variable: (names) => `ألصق مفتاحًا أعلاه أو عيّن ${names}`,
  },
  models: {
    all: 'كل النماذج', none: 'لا نماذج بعد: تأتي مع المزوّد.', noMatch: 'لا نموذج كذلك.', search: 'اسم أو عائلة أو مزوّد', count: (shown, all) => `${shown} من ${all}`,
    on: 'مفعّل', use: (id) => `استخدم ${id}`, providerOff: (provider) => `${provider} موقوف بالكامل`, off: 'أوقفتَه أنت', open: 'مفتوح', closed: 'مغلق',
    rank: 'الرتبة', can: 'القدرات', context: 'السياق', success: 'النجاح، 24 ساعة', estimate: 'النجاح، بتقدير الموجّه', first: 'أول رمز', speed: 'رموز/ث', training: 'التدرّب على النصوص', family: 'العائلة', families: 'العائلات', providers: 'المزوّدون الذين يملكونه',
    oneByOne: 'واحدًا واحدًا', show: 'اعرض', onlyOpen: 'المفتوحة الآن', abilities: { tools: 'أدوات', vision: 'صور', json: 'JSON', reasoning: 'تفكير' },
    trains: { yes: 'نعم', no: 'لا', unknown: 'غير مذكور', 'opt-out': 'ما لم تعترض' },
    byProvider: 'تشغيل المزوّدين وإيقافهم', order: 'ترتيبك', orderNote: 'هذه تأتي أولًا بهذا الترتيب، وترتّب الاستراتيجية الباقي خلفها. اسحب، أو استخدم Alt مع الأسهم.',
    orderEmpty: 'الاستراتيجية وحدها ترتّب الآن. ما تضيفه هنا يأتي قبلها.', fromFile: 'من الإعداد:', addToOrder: 'نموذج للإضافة', addLast: 'أضف في الآخر', noSuch: 'لا نموذج بهذا الاسم.',
    putFirst: 'ضعه أولًا', outOfOrder: 'أخرجه من الترتيب', kind: 'النوع', output: 'أطول إجابة', listed: 'في قائمة المزوّد', source: 'المصدر', routes: 'المسارات', noRoute: 'لا مفتاح يفتحه.',
    place: 'الموضع الآن', samples: (count) => plural(count, 'عيّنة واحدة', 'عيّنتان', 'عيّنات', 'عيّنة'), elsewhere: 'الأوزان نفسها في مكان آخر', back: 'كل النماذج →',
  },
  order: {
    handle: (item, at, all) => `${item}، الموضع ${at} من ${all}`, keys: 'Alt مع الأسهم يحرّكه', up: (item) => `ارفع ${item}`, down: (item) => `أنزل ${item}`, away: (item) => `أخرج ${item}`,
  },
  profiles: {
    title: 'الملفات', note: 'الملف قائمة مرتّبة من النماذج باسم يطلبه العملاء.', asked: 'يُطلب باسم', count: (count) => plural(count, 'نموذج واحد', 'نموذجان', 'نماذج', 'نموذجًا'),
    addModel: 'نموذج للإضافة', remove: 'أزل الملف', removeAsk: (name) => `إزالة الملف ${name}؟`, removeNote: 'من يطلبه من العملاء سيُخبَر بأنه لا ملف بهذا الاسم.',
    make: 'أنشئ ملفًا', name: 'اسم الملف', pattern: 'حروف وأرقام ونقاط وشرطات وشرطات سفلية', exists: (name) => `يوجد ملف باسم ${name} من قبل.`,
  },
  clients: {
    make: 'أضف عميلًا', newKey: 'المفتاح الجديد', none: 'لا عميل له مفتاح بعد.', edit: 'عدّل', editOf: (name) => `تعديل ${name}`, saved: 'حُفظ؛ ويسري من الطلب التالي.',
    revoke: 'ألغِ المفتاح', revokeAsk: (name) => `إلغاء مفتاح ${name}؟`, revokeNote: 'تُرفض طلباته من الآن. ويبقى استخدامه مسجّلًا.', revoked: 'مُلغى', expired: 'منتهٍ', until: 'ينتهي', valid: 'صالح',
    models: 'النماذج', modelsNote: 'واحد في كل سطر كما يكتبه العميل. فارغ: الكل.', everything: 'الكل', limits: 'الحدود', rpm: 'طلبات في الدقيقة', tpd: 'رموز في اليوم', expires: 'آخر يوم', privacy: 'يجوز أن تذهب النصوص',
    privacyNote: 'المزوّدون الذين تستبعدهم القاعدة ليسوا في أي خطة.', privacies: { any: 'إلى أي مزوّد', 'no-training': 'فقط حيث لا يتدرّب أحد عليها' },
    emptyNone: 'فارغ: بلا حد.', emptyNever: 'فارغ: لا ينتهي.', perMinute: (count) => `${count} طلب/دقيقة`, perDay: (count) => `${count} رمز/يوم`,
    requests30: 'الطلبات، 30 يومًا', tokens30: 'الرموز، 30 يومًا', used: 'آخر استخدام', source: 'من', made: 'أُنشئ هنا', written: 'الإعداد', writtenNote: 'غيّره هناك.', usage: 'الاستخدام، 30 يومًا', noUsage: 'لم يطلب شيئًا منذ 30 يومًا.',
    failed: 'المخفقة', prompt: 'رموز النص', completion: 'رموز الإجابة', back: 'كل العملاء →',
  },
  playground: {
    models: 'النماذج جنبًا إلى جنب', anew: 'ابدأ من جديد', addModel: 'نموذج للمقارنة', add: 'أضف', away: (model) => `أخرج ${model}`, empty: 'لم يُسأل شيء بعد.',
    question: 'السؤال', questionNote: 'Ctrl Enter يرسل. ويمكن لصق الصور.', send: (count) => (count === 1 ? 'اسأل' : `اسأل الكل (${count})`), stop: 'أوقف', stopped: 'أوقفتَه أنت.', attach: 'أضف صورًا', image: (at) => `الصورة ${at}`,
    imageAway: (at) => `أخرج الصورة ${at}`, tooBig: (name) => `${name} أكبر من 8 ميغابايت.`, more: 'نص النظام والأدوات والمعاملات', system: 'نص النظام', tools: 'الأدوات',
    toolsNote: 'قائمة JSON كما تقبلها chat completions. ما يستدعيه النموذج يُعرض ولا يُنفَّذ.', badTools: 'الأدوات ليست JSON صالحًا.', exampleTool: 'مثال لأداة', temperature: 'الحرارة', mostTokens: 'أطول إجابة، رموز', emptyDefault: 'فارغ: ما للنموذج نفسه.',
    thinking: 'التفكير', call: 'يستدعي', figures: (first, total, tokens) => `أول رمز ${first}، الإجمالي ${total}، ${tokens} من الرموز`,
  },
  usage: {
    span: 'إجمالًا', day: 'آخر 24 ساعة', week: 'آخر 7 أيام', month: 'آخر 30 يومًا', nothing: 'لم يُطلب شيء في هذه المدة.', success: 'النجاح', ends: (good, bad, left) => `${good} أُجيبت، ${bad} أخفقت، ${left} أُلغيت`,
    split: (prompt, completion) => `${prompt} للنص، ${completion} للإجابة`, firstToken: 'زمن أول رمز', wholeAnswer: 'الإجابة كاملة', p95Note: (p95) => `الوسيط؛ 95 % خلال ${p95}`, p50: 'الوسيط', p95: '95 % خلال',
    allRequests: 'الطلبات', failed: 'المخفقة', allTokens: 'الرموز', completion: 'الإجابة', prompt: 'النص', eachHour: 'كل ساعة', eachDay: 'كل يوم (UTC)', requestsOver: (each) => `الطلبات ${each}`, tokensOver: (each) => `الرموز ${each}`,
    firstOver: 'زمن أول رمز، حسب الساعة', byWhat: 'حسب المزوّد أو النموذج أو العميل أو الساعة', attempts: 'المحاولات', failedOf: (count) => `${count} أخفقت`, first50: 'أول رمز p50', first95: 'p95', total50: 'الإجمالي p50', total95: 'p95 للإجمالي', nobody: 'لا مزوّد', hour: 'الساعة',
    csvUsage: 'الاستخدام CSV', csvMeasures: 'القياسات CSV', incomplete: 'لم يعد سجل الطلبات يغطي هذه المدة كلها: النجاح والأزمنة للجزء الذي يغطيه. الطلبات والرموز كاملة.',
    allowance: 'الحصة المجانية المستخدمة', allowanceNote: 'حصص اليوم، في هذه اللحظة', allowanceNone: 'لم يُستخدم شيء من حصة يومية.', utilised: 'نسبة الاستخدام',
    cost: 'ما كانت ستكلّفه الرموز نفسها', costNote: 'بأسعار النموذج المدفوع الذي كنت ستستخدمه؛ أنت تحدّدها بالدولار لكل مليون رمز.', priceIn: 'النص، $ للمليون', priceOut: 'الإجابة، $ للمليون', worth: 'بهذه الأسعار', worthNote: (prompt, completion) => `${prompt} من رموز النص و${completion} من رموز الإجابة`,
  },
  settings: {
    look: 'هذا المتصفح', account: 'الحساب والجلسات', sessions: 'الجلسات', address: 'العنوان', current: 'هذه', agent: 'المتصفح', seen: 'آخر ظهور', opened: 'بدأت', expires: 'تنتهي', end: 'أنهِها',
    password: 'غيّر كلمة المرور', change: 'غيّر', changed: 'غُيّرت كلمة المرور؛ وانتهت كل الجلسات الأخرى.', oldPassword: 'كلمة المرور الحالية', newPassword: 'كلمة المرور الجديدة',
    configuration: 'الإعداد', onlyOwn: 'ما عيّنه أحد فقط', noMatch: 'لا إعداد كذلك.', reload: 'اقرأه مجددًا', reloaded: 'قُرئ الإعداد وصار ساريًا.', unchanged: 'لم يتغيّر شيء منذ قراءته.',
    setting: 'الإعداد', value: 'القيمة', secret: 'معيّن (سرّي)', otherwise: (value) => `الافتراضي: ${value}`, by: 'عيّنه', takes: 'يسري التغيير', restart: 'بعد إعادة التشغيل', atOnce: 'بعد إعادة القراءة',
    sources: { default: 'افتراضي', file: 'ملف', environment: 'البيئة', flag: 'سطر الأوامر', dashboard: 'لوحة التحكم' },
    audit: 'التغييرات', noAudit: 'لم يُغيَّر شيء بعد.', who: 'من', people: { token: 'رمز الإدارة', socket: 'على هذا الجهاز' }, action: 'التغيير', subject: 'في', outcome: 'النتيجة', outcomes: { done: 'تم', refused: 'رُفض' },
    server: 'الخادم', uptime: 'يعمل منذ', memory: 'الذاكرة', log: 'سجل الطلبات', logNote: (written, dropped) => `كُتب ${written} منذ البدء، وأُسقط ${dropped}`, file: 'ملف الإعداد', data: 'مجلد البيانات', catalog: 'الفهرس', loaded: 'قُرئ الإعداد', warning: 'تحذير',
    backup: 'نسخ احتياطي', backupGo: 'اكتب النسخة', backupPath: 'الملف', backupNote: 'مسار على الجهاز الذي يعمل عليه freeway.', backedUp: (path, size) => `${path}: كُتب ${size}.`,
  },
  outcomes: {
    answered: 'أُجيب', cancelled: 'سُحب', hedged: 'محاولة ثانية كانت أسرع', bad_answer: 'إجابة غير مقروءة', bad_request: 'رُفض الطلب', billing: 'يطلب الدفع', blocked_content: 'حُجب المحتوى',
    forbidden: 'ممنوع', invalid_key: 'رُفض المفتاح', not_entitled: 'ليس لهذا المفتاح', not_found: 'النموذج غير موجود', overloaded: 'مثقل', proxy: 'أخفق الوسيط', quota_exhausted: 'نفدت الحصة',
    rate_limited: 'طلبات كثيرة جدًا', schema_violation: 'الإجابة تخالف المخطط', server_error: 'خطأ في الخادم', timeout: 'لا جواب في الوقت', too_large: 'كبير جدًا', unreachable: 'تعذّر الوصول',
  },
  keyState: { serving: 'يخدم', out_of_quota: 'نفدت الحصة', benched: 'موقوف', invalid: 'رفضه المزوّد', disabled: 'مُعطّل', unused: 'غير مستخدم' },
  providerState: { serving: 'يخدم', benched: 'موقوف', out_of_quota: 'نفدت الحصة', no_key: 'بلا مفتاح', idle: 'خامل' },
};
