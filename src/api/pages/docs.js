// Shows the description of the API: operations by tag, each filled in when it is opened first, and its schemas likewise, so
// that schemas may refer to themselves. Text goes into the page as text alone.
const at = (id) => document.getElementById(id);

function make(name, {on, ...attributes} = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  for (const [event, act] of Object.entries(on ?? {})) element.addEventListener(event, act);
  element.append(...children.flat().filter((child) => child !== undefined && child !== ''));
  return element;
}

// A fold whose inside is made when it opens.
function fold(summary, inside, attributes = {}) {
  let made = false;
  const toggle = () => {
    if (made || !element.open) return;
    made = true;
    element.append(...[inside()].flat());
  };
  const element = make('details', {...attributes, on: {toggle}}, make('summary', {}, summary));
  return element;
}

const code = (text) => make('code', {}, text);
const faint = (text) => make('span', {class: 'faint'}, text);
const sample = (value) => make('pre', {}, typeof value === 'string' ? value : JSON.stringify(value, null, 2));

// The thing itself where it is a reference; what stands beside a $ref counts before what it refers to.
function real(whole, thing) {
  while (thing?.$ref) {
    const {$ref, ...beside} = thing;
    const names = $ref.slice(2).split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    thing = {...names.reduce((part, name) => part[name], whole), ...beside};
  }
  return thing;
}

function typeOf(whole, given) {
  const schema = real(whole, given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(whole, one)).join(' | ');
  const types = [schema.type ?? 'any'].flat();
  return types.map((type) => (type === 'array' && schema.items ? `list of ${typeOf(whole, schema.items)}` : type)).join(' | ');
}

function limitsOf(schema) {
  const words = {minimum: 'from', maximum: 'to', minItems: 'at least', maxItems: 'at most', default: 'default'};
  return Object.entries(words).filter(([name]) => name in schema).map(([name, word]) => `${word} ${schema[name]}`).join(', ');
}

// The rows inside: members, elements' members, and the variants that have some.
function inner(whole, given) {
  const schema = real(whole, given);
  const rows = Object.entries(schema.properties ?? {}).map(([name, one]) => row(whole, name, one, schema.required?.includes(name)));
  if (schema.items) rows.push(...inner(whole, schema.items));
  if (typeof schema.additionalProperties === 'object') rows.push(row(whole, '*', schema.additionalProperties));
  for (const one of schema.anyOf ?? []) if (hasInner(whole, one)) rows.push(row(whole, 'as', one));
  return rows;
}

function hasInner(whole, given) {
  const schema = real(whole, given);
  if (schema.properties || typeof schema.additionalProperties === 'object') return true;
  return [schema.items ?? [], schema.anyOf ?? []].flat().some((one) => hasInner(whole, one));
}

function row(whole, name, given, required) {
  const schema = real(whole, given);
  const head = [
    code(name), required ? make('b', {title: 'required'}, ' *') : '', ' ', faint([typeOf(whole, schema), limitsOf(schema)].filter(Boolean).join(', ')), ' ',
    schema.description ?? '',
  ];
  return make('li', {}, hasInner(whole, schema) ? fold(head, () => make('ul', {}, inner(whole, schema))) : head);
}

const list = (rows) => make('ul', {}, rows);

function contentOf(whole, content) {
  return Object.entries(content ?? {}).flatMap(([type, media]) => {
    const schema = media.schema ?? {};
    const example = media.example ?? real(whole, schema).example;
    return [
      list([row(whole, type, schema)]),
      ...(example === undefined ? [] : [fold('Example', () => sample(example))]),
    ];
  });
}

function answers(whole, responses) {
  return Object.entries(responses).map(([status, given]) => {
    const response = real(whole, given);
    return fold([code(status), ' ', response.description], () => make('div', {}, [
      ...contentOf(whole, response.content),
      list(Object.entries(response.headers ?? {}).map(([name, header]) => {
        const {schema, description} = real(whole, header);
        return row(whole, name, {...real(whole, schema), description});
      })),
    ]));
  });
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// The operation as a command.
export function curlOf(whole, origin, path, method, operation) {
  const parameters = (operation.parameters ?? []).map((one) => real(whole, one));
  const named = (name) => parameters.find((one) => one.name === name && one.in === 'path')?.example;
  const target = path.replace(/\{(\w+)\}/g, (all, name) => (named(name) === undefined ? all : encodeURIComponent(named(name))));
  const words = ['curl', ...(method === 'get' ? [] : ['-X', method.toUpperCase()]), quoted(origin + target)];
  const key = (operation.security ?? whole.security)[0] ?? {};
  if (key.adminToken) words.push('-H "authorization: Bearer $FREEWAY_ADMIN_TOKEN"');
  if (key.bearer) words.push('-H "authorization: Bearer $FREEWAY_KEY"');
  const [type, media] = Object.entries(real(whole, operation.requestBody)?.content ?? {})[0] ?? [];
  if (type === 'multipart/form-data') words.push('-F file=@recording.wav', '-F model=auto');
  if (type === 'application/json' && media.example !== undefined) {
    words.push(`-H ${quoted(`content-type: ${type}`)}`, `-d ${quoted(JSON.stringify(media.example))}`);
  }
  return words.join(' ');
}

const doors = {adminToken: 'admin token', bearer: 'client key', apiKey: 'client key', googleKey: 'client key'};

function doorOf(whole, operation) {
  const ways = (operation.security ?? whole.security).map((one) => doors[Object.keys(one)[0]] ?? 'no key');
  return ways.length ? [...new Set(ways)].join(', or ') : 'no key';
}

function details(whole, path, method, operation) {
  const command = curlOf(whole, location.origin, path, method, operation);
  const copy = () => navigator.clipboard?.writeText(command);
  const parameters = (operation.parameters ?? []).map((one) => real(whole, one));
  const body = real(whole, operation.requestBody);
  const part = (title, ...inside) => (inside.flat().length ? [make('h3', {}, title), ...inside.flat()] : []);
  return make('div', {}, [
    make('p', {}, operation.description ?? operation.summary),
    make('p', {class: 'faint'}, `Needs: ${doorOf(whole, operation)}`),
    make('div', {class: 'top'}, make('h3', {}, 'As a command'), make('button', {type: 'button', on: {click: copy}}, 'Copy')),
    sample(command),
    ...part('Parameters', parameters.length ? list(parameters.map((one) =>
      row(whole, `${one.name} (${one.in})`, {...real(whole, one.schema), ...(one.description && {description: one.description})}, one.required))) : []),
    ...part(`Body${body && !body.required ? ' (optional)' : ''}`, contentOf(whole, body?.content)),
    ...part('Answers', answers(whole, operation.responses)),
  ]);
}

function operationsOf(whole, tag) {
  return Object.entries(whole.paths).flatMap(([path, item]) => ['get', 'post', 'put', 'patch', 'delete'].filter((method) => item[method]?.tags.includes(tag)).map((method) => {
    const operation = item[method];
    const head = [
      make('span', {class: `verb ${method}`}, method.toUpperCase()), ' ', code(path), ' ',
      item['x-freeway-not-built'] ? make('span', {class: 'later'}, 'not built yet ') : '', faint(operation.summary),
    ];
    return fold(head, () => details(whole, path, method, operation), {class: 'op', id: operation.operationId});
  }));
}

function show(whole) {
  at('version').append(whole.info.version);
  at('about').append(whole.info.description);
  for (const {name, description} of whole.tags) {
    at('groups').append(make('a', {href: `#tag-${name}`}, name));
    at('operations').append(make('section', {id: `tag-${name}`}, make('h2', {}, name), make('p', {class: 'faint'}, description), operationsOf(whole, name)));
  }
}

function find() {
  const words = at('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of document.querySelectorAll('section')) {
    let any = 0;
    for (const one of section.querySelectorAll('.op')) {
      const text = one.querySelector('summary').textContent.toLowerCase();
      one.hidden = !words.every((word) => text.includes(word));
      if (!one.hidden) ++any;
    }
    section.hidden = any === 0;
    found += any;
  }
  at('state').textContent = words.length ? `${found} found` : '';
}

// An address may name an operation.
function follow() {
  const named = at(decodeURIComponent(location.hash.slice(1)));
  if (!named?.matches('.op')) return;
  named.open = true;
  named.scrollIntoView();
}

async function start() {
  at('state').textContent = 'Reading the description…';
  try {
    const answer = await fetch('v1/openapi.json');
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    show(await answer.json());
    at('state').textContent = '';
  } catch (error) {
    at('state').textContent = `The description could not be read: ${error.message}.`;
    return;
  }
  at('find').addEventListener('input', find);
  addEventListener('hashchange', follow);
  follow();
}

await start();
